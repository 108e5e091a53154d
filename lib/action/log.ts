import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'

/** A place in a file of the workspace. Lines and columns count from 1. */
export interface SourcePlace {
  file: string
  line?: number
  endLine?: number
  column?: number
  endColumn?: number
}

export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  message: string
  title?: string
  place?: SourcePlace
}

/** The log of a step as the runner shows it. */
export interface Log {
  info(line: string): void
  debug(message: string): void
  annotate(annotation: Annotation): void
  /** Registers a secret with the runner, line by line: it masks whole lines only. */
  mask(secret: string): void
  /**
   * A fold in the log for text that comes from elsewhere (a child's output). Within it the runner obeys no workflow
   * command, whatever the text says, until the fold ends; so nothing of ours but plain lines belongs in it.
   */
  foreign<T>(title: string, body: (write: (line: string) => void) => Promise<T>): Promise<T>
}

/** `redact` is applied to every line, because the runner's masks don't know the secrets that Terraform marks. */
export function createLog(redact: (text: string) => string = (text) => text): Log {
  return {
    info: (line) => core.info(disarm(redact(line))),
    debug: (message) => core.debug(redact(message)),
    annotate: (annotation) => annotate(annotation, redact),
    mask(secret) {
      for (const line of secret.split(/\r?\n/)) if (line.trim() !== '') core.setSecret(line)
    },
    async foreign(title, body) {
      const token = randomUUID()
      core.startGroup(disarm(redact(title)))
      process.stdout.write(`::stop-commands::${token}\n`)
      try {
        return await body((line) => process.stdout.write(`${redact(line)}\n`))
      } finally {
        process.stdout.write(`::${token}::\n`)
        core.endGroup()
      }
    },
  }
}

const EMIT = { error: core.error, warning: core.warning, notice: core.notice }

function annotate(annotation: Annotation, redact: (text: string) => string): void {
  const { level, message, title, place } = annotation
  EMIT[level](redact(message), {
    ...(title === undefined ? {} : { title: redact(title) }),
    ...(place === undefined ? {} : { file: place.file }),
    ...(place?.line === undefined ? {} : { startLine: place.line }),
    ...(place?.endLine === undefined ? {} : { endLine: place.endLine }),
    // The runner drops columns of an annotation that spans lines.
    ...(place?.column === undefined || place.endLine !== place.line ? {} : { startColumn: place.column }),
    ...(place?.endColumn === undefined || place.endLine !== place.line ? {} : { endColumn: place.endColumn }),
  })
}

/** A line of our own may quote a foreign name: it must not start or hold a workflow command. */
function disarm(line: string): string {
  return line.replace(/^(\s*):(?=:)/gm, '$1:\u200b').replaceAll('##[', '#\u200b#[')
}
