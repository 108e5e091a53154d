import type { Report } from './model.ts'

/**
 * GitHub takes 1 MB for a job's outputs, counted in UTF-16
 * (https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/pass-job-outputs); this is most of it.
 */
const LIMIT_BYTES = 900_000

/** Lengths at which messages are cut, tried one after the other. In UTF-16 units. */
const MESSAGE_LENGTHS = [2_000, 300, 0] as const

/**
 * What became of each object, as JSON: a list of `{apiVersion, kind, namespace, name, fate, state, message}`. Messages get shorter where
 * it would be too long; of more objects than would fit even then (several thousand), the first ones. Takes a redacted report.
 */
export function objectsOutput(report: Report): string {
  for (const longest of MESSAGE_LENGTHS) {
    const output = listOf(entriesOf(report, longest))
    if (sizeOf(output) <= LIMIT_BYTES) return output
  }
  return listOf(fitting(entriesOf(report, 0)))
}

function entriesOf({ objects }: Report, longest: number): string[] {
  return objects.map(({ object, fate, state, message }) => {
    const { apiVersion, kind, namespace, name } = object
    const told = message === undefined || longest === 0 ? undefined : message.slice(0, longest)
    return JSON.stringify({ apiVersion, kind, namespace, name, fate, state, message: told })
  })
}

function listOf(entries: readonly string[]): string {
  return `[${entries.join(',')}]`
}

function fitting(entries: readonly string[]): string[] {
  let left = LIMIT_BYTES - sizeOf('[]')
  const end = entries.findIndex((entry) => {
    left -= sizeOf(`${entry},`)
    return left < 0
  })
  return end === -1 ? [...entries] : entries.slice(0, end)
}

function sizeOf(text: string): number {
  return Math.max(2 * text.length, Buffer.byteLength(text))
}
