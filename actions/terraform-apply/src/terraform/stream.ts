import type { Diagnostic } from './diagnostics.ts'

/**
 * One line of `terraform plan -json` or `apply -json` ("Machine-Readable UI" in Terraform's documentation). A line of a
 * type that isn't known here, or that is no JSON at all, is a message.
 */
export type StreamEvent =
  | { kind: 'diagnostic'; diagnostic: Diagnostic; text: string }
  | {
      kind: 'resource'
      address: string
      action: string
      phase: 'started' | 'progress' | 'done' | 'failed'
      seconds: number
      text: string
    }
  | { kind: 'message'; text: string }

const PHASES: ReadonlyMap<string, 'started' | 'progress' | 'done' | 'failed'> = new Map([
  ['apply_start', 'started'],
  ['apply_progress', 'progress'],
  ['apply_complete', 'done'],
  ['apply_errored', 'failed'],
])

interface UiLine {
  type?: string
  '@message'?: string
  diagnostic?: RawDiagnostic
  hook?: { resource?: { addr?: string }; action?: string; elapsed_seconds?: number }
}

interface RawDiagnostic {
  severity?: string
  summary?: string
  detail?: string
  address?: string
  range?: { filename: string; start: Position; end: Position }
  snippet?: { code?: string }
}

interface Position {
  line: number
  column: number
}

export function readEvent(line: string): StreamEvent {
  const parsed = parseLine(line)
  if (!parsed) return { kind: 'message', text: line }
  const text = parsed['@message'] ?? line
  if (parsed.type === 'diagnostic' && parsed.diagnostic)
    return { kind: 'diagnostic', diagnostic: readDiagnostic(parsed.diagnostic), text }
  const phase = PHASES.get(parsed.type ?? '')
  const address = parsed.hook?.resource?.addr
  if (phase === undefined || address === undefined) return { kind: 'message', text }
  return {
    kind: 'resource',
    address,
    action: parsed.hook?.action ?? '',
    phase,
    seconds: parsed.hook?.elapsed_seconds ?? 0,
    text,
  }
}

function parseLine(line: string): UiLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as UiLine
  } catch {
    return undefined
  }
}

/** Lines and columns count from 1, the end is exclusive; `file` is still relative to the root module. */
function readDiagnostic(raw: RawDiagnostic): Diagnostic {
  return {
    severity: raw.severity === 'warning' ? 'warning' : 'error',
    summary: raw.summary ?? '',
    detail: raw.detail ?? '',
    ...(raw.address === undefined ? {} : { address: raw.address }),
    ...(raw.range === undefined ? {} : readRange(raw.range)),
    ...(raw.snippet?.code === undefined ? {} : { code: raw.snippet.code }),
  }
}

function readRange({ filename, start, end }: { filename: string; start: Position; end: Position }) {
  return { file: filename, line: start.line, endLine: end.line, column: start.column, endColumn: end.column }
}
