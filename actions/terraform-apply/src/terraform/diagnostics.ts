import { isAbsolute } from 'node:path'
import type { SourcePlace } from '../../../../lib/action/log.ts'

/**
 * An error or a warning of Terraform. Lines and columns count from 1, the end is exclusive. `file` is relative to the
 * root module as Terraform prints it, and to the repository once `atRepository` has moved it.
 */
export interface Diagnostic {
  severity: 'error' | 'warning'
  summary: string
  detail: string
  /** The resource it concerns. */
  address?: string
  file?: string
  line?: number
  endLine?: number
  column?: number
  endColumn?: number
  /** The lines of configuration that it quotes. */
  code?: string
}

/** The diagnostic with its file relative to the repository; `directory` is the root module's folder there. */
export function atRepository(diagnostic: Diagnostic, directory: string): Diagnostic {
  if (diagnostic.file === undefined) return diagnostic
  if (isAbsolute(diagnostic.file)) return withoutPlace(diagnostic)
  return { ...diagnostic, file: joinPosix(directory, diagnostic.file) }
}

/** A file outside of the repository (a var-file of ours, say) is no place that a reader could open. */
function withoutPlace({ severity, summary, detail, address }: Diagnostic): Diagnostic {
  return { severity, summary, detail, ...(address === undefined ? {} : { address }) }
}

/** Where the diagnostic points to, for an annotation. */
export function placeOf({ file, line, endLine, column, endColumn }: Diagnostic): SourcePlace | undefined {
  if (file === undefined) return undefined
  const given = Object.entries({ line, endLine, column, endColumn }).filter(([, value]) => value !== undefined)
  return { file, ...Object.fromEntries(given) }
}

/** Terraform prints the paths of local modules as `modules/x/main.tf` or `../x/main.tf`. */
function joinPosix(directory: string, file: string): string {
  const parts: string[] = []
  for (const part of `${directory}/${file.replaceAll('\\', '/')}`.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/**
 * The errors in what a command prints for people (`terraform init` before 1.9 has no -json): each `Error: …` starts one,
 * its first paragraph is the summary, and a line `on <file> line <n>` says where.
 */
export function readPlainErrors(text: string): Diagnostic[] {
  const plain = text.replace(/^[│╷╵|][ \t]?/gm, '')
  const errors = plain
    .split(/^Error: /m)
    .slice(1)
    .map(readPlainError)
  const telling = errors.filter(({ summary }) => !UNTELLING.test(summary))
  return telling.length > 0 ? telling : errors
}

/** Stands before the errors that it announces. */
const UNTELLING = /^(Terraform|OpenTofu) encountered problems during initiali[sz]ation/

function readPlainError(error: string): Diagnostic {
  const [summary = '', ...detail] = error.split(/\n[ \t]*\n/)
  const [, file, line] = /^\s*on (\S+) line (\d+)/m.exec(error) ?? []
  return {
    severity: 'error',
    summary: summary.replace(/\s+/g, ' ').trim(),
    detail: detail.join('\n\n').trim(),
    ...(file === undefined ? {} : { file, line: Number(line) }),
  }
}
