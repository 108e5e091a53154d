import type { RawPath } from './entry.ts'

/** Of a text that a person wrote: absolute, as in sources. */
export function rawPath(text: string): RawPath {
  return toRaw(text).replace(/^\/+|\/+$/g, '')
}

export function toRaw(text: string): string {
  return Buffer.from(text).toString('latin1')
}

export function bytesOf(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1')
}

/** For people: absolute, with what isn't UTF-8 as U+FFFD and without characters that move the cursor. */
export function showPath(path: RawPath): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  return `/${bytesOf(path).toString()}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

/** The folder that holds it; undefined for what lies right under `/`. */
export function parentOf(path: RawPath): RawPath | undefined {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? undefined : path.slice(0, slash)
}

/** The folders on the way to it, the nearest first. */
export function* ancestorsOf(path: RawPath): Generator<RawPath> {
  for (let folder = parentOf(path); folder !== undefined; folder = parentOf(folder)) yield folder
}

/**
 * In the order of a walk, a folder right before what it holds: a slash comes before every other byte. Tar sets a folder's times when
 * it leaves it, and files of one kind beside each other compress better (4.6 % on /usr, measured).
 */
export function byPath<T extends { path: RawPath }>(items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ key: item.path.replaceAll('/', '\0'), item }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return keyed.map(({ item }) => item)
}

/** The reverse of what find and tar do to names in the C locale: `\303\251`, `\n`, `\\`, `\'`. */
export function unescapeName(text: string): RawPath {
  return text.replace(/\\(?:([0-7]{3})|(.))/g, (_whole, octal: string | undefined, character: string) =>
    octal === undefined ? (CONTROLS[character] ?? character) : String.fromCharCode(Number.parseInt(octal, 8)),
  )
}

const CONTROLS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
