import { invalidInput } from '../../../../lib/action/errors.ts'
import type { Environment } from '../../../../lib/action/inputs.ts'
import type { Manifest } from '../kube/manifest.ts'

/** One line of the input `secrets`: a Secret, and the variables that hold its values. */
export interface SecretSpec {
  name: string
  keys: { key: string; variable: string }[]
}

export interface SecretManifests {
  manifests: Manifest[]
  /** To be masked. */
  values: string[]
}

const NAME = /^(?=.{1,253}$)[a-z\d](?:[-a-z\d]*[a-z\d])?(?:\.[a-z\d](?:[-a-z\d]*[a-z\d])?)*$/
const KEY = /^[-.\w]{1,253}$/
const VARIABLE = /^env:([A-Za-z_]\w*)$/
const EXAMPLE = 'such as "db: PASSWORD=env:DB_PASSWORD, USER=env:DB_USER"'

/** `name: KEY=env:VARIABLE, …`. Throws `invalid-input`, which quotes no right-hand side: it may be a secret by mistake. */
export function parseSecretSpec(entry: string): SecretSpec {
  const [, name = '', list = ''] = /^([^:=\s]*)\s*:(.*)$/s.exec(entry) ?? []
  if (!NAME.test(name)) {
    throw invalidInput(
      `The input secrets has an entry that doesn't begin with the name of a Secret and ":"; it must be ${EXAMPLE}.`,
    )
  }
  const keys = list.split(',').map((pair) => parsePair(name, pair.trim()))
  const twice = keys.find(({ key }, index) => keys.findIndex((other) => other.key === key) < index)
  if (twice === undefined) return { name, keys }
  throw invalidInput(`The input secrets has the key ${twice.key} twice for ${name}; once is allowed.`)
}

function parsePair(name: string, pair: string): { key: string; variable: string } {
  const equals = pair.indexOf('=')
  const key = pair.slice(0, Math.max(equals, 0)).trim()
  const [, variable] = VARIABLE.exec(pair.slice(equals + 1).trim()) ?? []
  if (!KEY.test(key) || key === '.' || key.startsWith('..')) {
    throw invalidInput(`The input secrets has no KEY=env:VARIABLE at one place of ${name}; it must be ${EXAMPLE}.`)
  }
  if (variable !== undefined) return { key, variable }
  throw invalidInput(
    `The input secrets gives ${key} of ${name} no variable of the environment (env:VARIABLE); values themselves don't belong there.`,
  )
}

/**
 * Opaque Secrets with the values of the environment. They get their namespace as the other manifests do, and clash with a
 * Secret of the same name among these.
 *
 * @throws UserError `invalid-input` that names a variable which is missing or empty
 */
export function secretManifests(specs: readonly SecretSpec[], env: Environment): SecretManifests {
  const values: string[] = []
  const manifests = specs.map((spec, index): Manifest => {
    const data = spec.keys.map(({ key, variable }) => {
      const value = env[variable]
      if (!value) throw emptyVariable(spec.name, key, variable)
      values.push(value)
      return [key, Buffer.from(value).toString('base64')]
    })
    return {
      object: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: spec.name },
        type: 'Opaque',
        data: Object.fromEntries(data),
      },
      source: { file: 'input secrets', document: index + 1, line: index + 1 },
    }
  })
  return { manifests, values }
}

function emptyVariable(name: string, key: string, variable: string): Error {
  return invalidInput(
    `The input secrets takes ${key} of ${name} from the variable ${variable}, which is empty or not set in this step's env.`,
  )
}
