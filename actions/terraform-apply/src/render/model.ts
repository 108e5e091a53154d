import type { Block } from '../../../../lib/markdown/blocks.ts'
import type { Delta } from '../delta/delta.ts'
import type { Positions } from '../hcl/positions.ts'
import type { Difference } from '../plan/compare.ts'
import type { Counts } from '../plan/counts.ts'
import type { Json, Plan } from '../plan/format.ts'
import type { Diagnostic } from '../terraform/diagnostics.ts'
import type { Progress } from './progress.ts'

/** What is planned: a root module under one workspace. */
export interface Root {
  name: string
  directory: string
  workspace: string
}

export interface Footer {
  /** 64 hex digits, or empty when there is no plan. */
  fingerprint: string
  headSha: string
  /** `Terraform 1.11.4`; the first word heads the comment. */
  tool: string
  durationMs: number
  runUrl: string
  runId: number
}

/** What the destroy guard found. `because`: the attributes that force a replacement. */
export interface Guard {
  protected: { address: string; effect: 'delete' | 'replace'; because: string[] }[]
  tooMany?: { destroys: number; limit: string }
  label: string
  labelled: boolean
}

/**
 * What happened; the first thing that a reader sees. Sentences (`how`, `why`, `message`, `hints`) are plain text, in
 * which `backticks` make code; nothing else in them is Markdown.
 */
export type Status =
  | { kind: 'planned'; apply: { kind: 'possible'; how: string } | { kind: 'impossible'; why: string } }
  | { kind: 'applying'; progress: Progress }
  | { kind: 'applied'; progress: Progress; outputs: { name: string; value: Json }[]; hiddenOutputs: number }
  | { kind: 'nothing-left' }
  | {
      kind: 'refused'
      reason: string
      message: string
      differences: Difference[]
      hints: string[]
      offer?: { command: string }
    }
  | {
      kind: 'failed'
      reason: string
      message: string
      diagnostics: Diagnostic[]
      progress?: Progress
      offer?: { command: string }
    }

/** Where the objects of a plan stand in the repository. */
export interface Source {
  positions: Positions
  /** `https://github.com/octo/infra/blob/4f3c2b1a…`, to which a file's path is appended. */
  url: string
}

export interface Report {
  root: Root
  status: Status
  plan?: { plan: Plan; counts: Counts }
  source?: Source
  /** How the plan differs from the one that was shown before. */
  delta?: Delta
  guard?: Guard
  /** The `not-compared` globs. */
  notCompared: string[]
  footer: Footer
}

/** Hides known secrets in a text. Applied to every foreign string before it becomes Markdown. */
export type Redact = (text: string) => string

/** A piece of the body, and how many changes of the plan it tells of. */
export interface Piece {
  block: Block
  changes: number
}

/** What stands before and after the body. */
export interface ReportFrame {
  head: Block[]
  foot: (part: number, of: number) => string
  continuation: (part: number, of: number) => string
}

export interface CommentOptions {
  /** Per comment, UTF-8. */
  bytes: number
  parts: number
  /** Where the whole report is, in plain words: `the summary of this run`. */
  fullReport: string
}

export interface CommentBodies {
  kind: 'whole' | 'shortened'
  bodies: string[]
}
