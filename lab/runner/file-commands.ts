// The files behind GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV, GITHUB_PATH and GITHUB_STEP_SUMMARY, read as actions/runner
// does (FileCommandManager.cs).
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const kinds = ['path', 'env', 'step_summary', 'state', 'output'] as const
export type FileCommand = (typeof kinds)[number]
export type CommandFiles = Record<FileCommand, string>

export const summaryLimitBytes = 1024 * 1024

/** Fresh, empty files for one step. */
export function createCommandFiles(folder: string): CommandFiles {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const files = Object.fromEntries(kinds.map((kind) => [kind, join(folder, kind)])) as CommandFiles
  for (const file of Object.values(files)) writeFileSync(file, '')
  return files
}

/** The text of a command file; the step may have removed it, which the runner accepts. */
export function readCommandFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Pairs up to the first malformed line, and what is wrong with that one: the runner keeps what came before it. */
export interface Pairs {
  pairs: [name: string, value: string][]
  error?: string
}

/**
 * Reads `name=value` lines and `name<<delimiter` blocks. Whichever of `=` and `<<` comes first in a line decides which
 * form it is; only empty lines are skipped; a delimiter matches whole lines exactly.
 */
export function parsePairs(text: string): Pairs {
  const lines = text.split('\n')
  const pairs: Pairs['pairs'] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '') continue
    const [, name, mark, rest] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? []
    if (name === undefined || rest === undefined) return { pairs, error: `Invalid format '${line}'` }
    if (mark === '=') {
      pairs.push([name, rest])
      continue
    }
    if (name === '' || rest === '')
      return { pairs, error: `Invalid format '${line}'. Name must not be empty and delimiter must not be empty` }
    const end = lines.indexOf(rest, at + 1)
    if (end < 0) return { pairs, error: unclosed(rest, lines.slice(at + 1)) }
    pairs.push([name, lines.slice(at + 1, end).join('\n')])
    at = end
  }
  return { pairs }
}

function unclosed(delimiter: string, after: readonly string[]): string {
  return (after.at(-1) ?? '') === ''
    ? `Invalid value. Matching delimiter not found '${delimiter}'`
    : 'Invalid value. EOF marker missing new line.'
}
