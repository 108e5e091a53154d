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
  return { ...diagnostic, file: joinPosix(directory, diagnostic.file) }
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
 * and what follows belongs to it.
 */
export function readPlainErrors(text: string): Diagnostic[] {
  const plain = text.replace(/^[│╷╵|]\s?/gm, '')
  const [, ...errors] = plain.split(/^Error: /m)
  return errors.map((error) => {
    const [summary = '', ...detail] = error.split('\n')
    return { severity: 'error', summary: summary.trim(), detail: detail.join('\n').trim() }
  })
}
