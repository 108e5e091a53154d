import { invalidInput } from '../../../../lib/action/errors.ts'
import { isRootName, isWorkspaceName } from '../names.ts'
import { type Located, readYaml, YamlError } from './located.ts'
import { pathFrom, shownFolder } from './paths.ts'
import { ONDOL_FILE } from './snapshot.ts'

/** What ondol.yml says. */
export interface OndolFile {
  /** `undefined`: roots are to be found. */
  roots: RootEntry[] | undefined
  /** Globs of folders. */
  ignore: string[]
}

/** One entry of `roots`. */
export interface RootEntry {
  line: number
  name: string
  /** Relative to the repository; the top is `''`. */
  directory: string
  workspaces: string[]
  /** Names of entries that come before this one. */
  after: string[]
}

const ROOT_KEYS = ['directory', 'name', 'workspaces', 'after']

/**
 * Reads ondol.yml strictly: an unknown key or a value of another kind is an error, since a misspelt one would leave a root
 * out in silence.
 *
 * @throws UserError (invalid-input): one sentence with the line
 */
export function readOndolFile(text: string): OndolFile {
  const top = parse(text)
  if (top.kind === 'nothing') return { roots: undefined, ignore: [] }
  const { roots, ignore } = fieldsOf(top, 'the file', ['roots', 'ignore'])
  return {
    roots: roots && distinct(listOf(roots, 'roots').map(rootEntry)),
    ignore: ignore ? textsOf(ignore, 'ignore') : [],
  }
}

/** The error that names a line of the file. */
export function wrongLine(line: number, what: string): Error {
  return invalidInput(`${ONDOL_FILE} line ${line}: ${what}.`)
}

function parse(text: string): Located {
  try {
    return readYaml(text)
  } catch (error) {
    if (error instanceof YamlError) throw wrongLine(error.line, `it isn't valid YAML: ${error.message}`)
    throw error
  }
}

function rootEntry(entry: Located): RootEntry {
  const fields = fieldsOf(entry, 'an entry of roots', ROOT_KEYS)
  if (!fields['directory']) throw wrongLine(entry.line, 'an entry of roots has no directory')
  const directory = directoryOf(fields['directory'])
  return {
    line: entry.line,
    directory,
    name: nameOf(fields['name'], directory, entry.line),
    workspaces: workspacesOf(fields['workspaces']),
    after: fields['after'] ? textsOf(fields['after'], 'after') : [],
  }
}

function directoryOf(value: Located): string {
  const text = textOf(value, 'directory')
  const directory = pathFrom('', text)
  if (directory !== undefined) return directory
  throw wrongLine(value.line, `the directory ${quoted(text)} isn't in the repository; a path from its top is needed`)
}

function nameOf(value: Located | undefined, directory: string, line: number): string {
  const name = value ? textOf(value, 'name') : shownFolder(directory)
  if (isRootName(name)) return name
  const what = value ? `the name ${quoted(name)} can't be used` : `the directory ${quoted(name)} can't stand for a name`
  throw wrongLine(
    value?.line ?? line,
    `${what}; a name has up to 100 letters, digits, ".", "_", "-" and "/", and isn't 12 or more hex digits`,
  )
}

function workspacesOf(value: Located | undefined): string[] {
  if (!value) return []
  const workspaces = textsOf(value, 'workspaces')
  const wrong = workspaces.find((name) => !isWorkspaceName(name))
  if (wrong === undefined) return workspaces
  throw wrongLine(
    value.line,
    `the workspace ${quoted(wrong)} can't be used; one has up to 90 letters, digits, ".", "_" and "-"`,
  )
}

function distinct(entries: RootEntry[]): RootEntry[] {
  for (const [index, { name, line }] of entries.entries()) {
    const other = entries.slice(0, index).find((candidate) => candidate.name === name)
    if (other)
      throw wrongLine(line, `the name ${quoted(name)} is that of line ${other.line}, too; give each root its own`)
  }
  return entries
}

function fieldsOf(value: Located, what: string, known: readonly string[]): Record<string, Located | undefined> {
  if (value.kind !== 'map') throw wrongLine(value.line, `${what} isn't a map with ${known.join(', ')}`)
  const unknown = value.entries.find(({ key }) => !known.includes(key))
  if (unknown)
    throw wrongLine(unknown.keyLine, `${what} has the key ${quoted(unknown.key)}; allowed is ${known.join(', ')}`)
  return Object.fromEntries(value.entries.map((entry) => [entry.key, entry.value]))
}

function listOf(value: Located, key: string): Located[] {
  if (value.kind === 'list' && value.items.length > 0) return value.items
  throw wrongLine(value.line, `${key} is a list with at least one item, or left out`)
}

/** A list of texts, each once. */
function textsOf(value: Located, key: string): string[] {
  const texts = listOf(value, key).map((item) => ({ text: textOf(item, `an item of ${key}`), line: item.line }))
  const twice = texts.find(({ text }, index) => texts.findIndex((other) => other.text === text) < index)
  if (twice) throw wrongLine(twice.line, `${key} has ${quoted(twice.text)} twice`)
  return texts.map(({ text }) => text)
}

function textOf(value: Located, what: string): string {
  if (value.kind === 'text' && value.text !== '') return value.text
  throw wrongLine(value.line, `${what} isn't a text${value.kind === 'other' ? '; put it in quotes' : ''}`)
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
