import { isAbsolute, posix } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { type Fields, fieldsOf, isMap } from './fields.ts'
import { parseLocation } from './location.ts'
import type { Hooks, Location, Server, Source } from './source.ts'
import { readVolume } from './volumes/read.ts'

/**
 * Reads the input sources: a YAML list, each entry a map with one key that names its kind. Values of the entries are in no error,
 * since somebody may have written a password where a variable's name belongs.
 *
 * @throws `invalid-input` with the entry's place, its kind, the key, and what is allowed
 */
export function parseSources(text: string): Source[] {
  const list = yamlList(text)
  if (list.length === 0) throw invalidInput('The input sources is an empty list; at least one source is needed.')
  if (list.length > MOST) throw invalidInput(`The input sources has ${list.length} entries; at most ${MOST} are taken.`)
  const sources = list.map((entry, index) => parseSource(entry, index + 1))
  refuseTwins(sources)
  return sources
}

const MOST = 100

type Kind = Source['kind']

const READERS: {
  readonly [K in Kind]: (
    fields: Fields,
    on: Location,
  ) => DistributiveOmit<Source & { kind: K }, 'id' | 'on' | 'hooks' | 'kind'>
} = {
  files: (fields) => ({ paths: absolutePaths(fields), exclude: fields.texts('exclude') ?? [] }),
  postgres: (fields) => ({
    server: serverOf(fields),
    databases: fields.allOrTexts('databases'),
    globals: fields.flag('globals') ?? true,
    method: fields.choice('method', ['dump', 'basebackup']) ?? 'dump',
  }),
  mysql: (fields) => ({
    server: serverOf(fields),
    databases: fields.allOrTexts('databases'),
    method: fields.choice('method', ['dump', 'mariabackup']) ?? 'dump',
  }),
  command: (fields) => ({
    name: fields.text('name') ?? fields.missing('name'),
    run: fields.command('run') ?? fields.missing('run'),
    minBytes: fields.count('min-bytes') ?? 1,
  }),
  'etcd-snapshot': () => ({}),
  'k3s-snapshot': () => ({}),
  'ebs-snapshot': (fields) => volumesOf(fields),
  'volume-snapshot': readVolume,
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

function parseSource(entry: unknown, position: number): Source {
  const kinds = Object.keys(READERS).join(', ')
  if (!isMap(entry) || Object.keys(entry).length !== 1) {
    throw invalidInput(`Source ${position} isn't a map with one key; the key is one of ${kinds}.`)
  }
  const [[kind, value]] = Object.entries(entry) as [[string, unknown]]
  if (!isKind(kind))
    throw invalidInput(
      `Source ${position} is of the kind ${JSON.stringify(kind.slice(0, 60))}; allowed is one of ${kinds}.`,
    )
  const fields = fieldsOf(`Source ${position} (${kind})`, value ?? {})
  const on = locationOf(fields)
  const hooks: Hooks = { pre: fields.command('pre'), post: fields.command('post') }
  const source = { id: `${position}-${kind}`, kind, on, hooks, ...READERS[kind](fields, on) } as Source
  fields.refuseOthers()
  return source
}

function locationOf(fields: Fields): Location {
  const text = fields.text('on') ?? 'local'
  const location = parseLocation(text)
  return (
    location ??
    fields.wrong(
      'on',
      'local, ssh://[user@]host[:port], kubernetes://namespace/kind/name[/container], docker://container or ssm://user@instance',
    )
  )
}

function absolutePaths(fields: Fields): string[] {
  const given = fields.texts('paths') ?? fields.missing('paths')
  if (given.length === 0) return fields.missing('paths')
  const paths = given.map((path) =>
    isAbsolute(path) ? posix.normalize(path).replace(/(.)\/$/, '$1') : fields.wrong('paths', 'absolute paths'),
  )
  for (const path of paths) {
    const outer = paths.find((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`))
    if (outer !== undefined || paths.indexOf(path) !== paths.lastIndexOf(path)) {
      return fields.wrong('paths', 'paths of which none is inside another')
    }
  }
  return paths
}

/** Either an address in a variable, or host, port, user and a password in a variable; nothing of both. */
function serverOf(fields: Fields): Server {
  const server: Server = {
    urlEnv: fields.variable('url-env'),
    host: fields.text('host'),
    port: fields.count('port'),
    user: fields.text('user'),
    userEnv: fields.variable('user-env'),
    passwordEnv: fields.variable('password-env'),
  }
  const { urlEnv, ...parts } = server
  if (urlEnv !== undefined && Object.values(parts).some((part) => part !== undefined)) {
    return fields.wrong('url-env', 'either url-env or host, port, user, user-env and password-env')
  }
  if (server.user !== undefined && server.userEnv !== undefined) return fields.wrong('user', 'either user or user-env')
  return server
}

function volumesOf(fields: Fields): { volumes: string[]; tags: Record<string, string> } {
  const volumes = fields.texts('volumes') ?? []
  const tags = fields.textMap('tags') ?? {}
  if (volumes.length === 0 && Object.keys(tags).length === 0) return fields.missing('volumes')
  return { volumes, tags }
}

/** Two entries for the same thing would store it twice. */
function refuseTwins(sources: readonly Source[]): void {
  const seen = new Map<string, string>()
  for (const { id, ...rest } of sources) {
    const what = JSON.stringify(rest)
    const twin = seen.get(what)
    if (twin !== undefined) throw invalidInput(`The sources ${twin} and ${id} are the same.`)
    seen.set(what, id)
  }
}

function yamlList(text: string): unknown[] {
  let value: unknown
  try {
    value = parseYaml(text, { maxAliasCount: 100, uniqueKeys: true, logLevel: 'error', stringKeys: true })
  } catch (cause) {
    const line = (cause as { linePos?: { line: number }[] }).linePos?.[0]?.line
    throw invalidInput(
      `The input sources isn't valid YAML${line === undefined ? '' : ` (at its line ${line})`}; a list is allowed.`,
    )
  }
  if (Array.isArray(value)) return value
  throw invalidInput('The input sources isn\'t a YAML list; write one "- kind: { … }" an entry.')
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(READERS, text)
}
