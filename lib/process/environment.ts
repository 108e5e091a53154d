import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * What the runner gives to an action and no other program should have: inputs (which hold secrets), the tokens and
 * addresses of the artifact and cache services, and the files through which a step speaks to the runner: a provider that
 * writes to GITHUB_ENV or GITHUB_PATH would decide what later steps run.
 */
const WITHHELD = [
  /^INPUT_/,
  /^ACTIONS_RUNTIME_/,
  /^ACTIONS_RESULTS_URL$/,
  /^ACTIONS_CACHE_/,
  /^GITHUB_(?:OUTPUT|STATE|ENV|PATH|STEP_SUMMARY)$/,
]

/**
 * The step's environment as a program gets it. Stays: ACTIONS_ID_TOKEN_REQUEST_*, from which providers (azurerm, google)
 * fetch their own OIDC token; STATE_*, which users have for their own ends and where actions keep nothing secret;
 * GITHUB_TOKEN, which is there only if the user put it there.
 */
export function childEnvironment(env: Environment): Record<string, string> {
  const child: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !isWithheld(name)) child[name] = value
  }
  return child
}

/** Names are compared in capitals because Windows doesn't tell `Input_x` from `INPUT_X`. */
function isWithheld(name: string): boolean {
  return WITHHELD.some((pattern) => pattern.test(name.toUpperCase()))
}

const SECRET_NAME =
  /SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|CONNECTION_?STRING|(?:^|[_-])(?:KEY|PASS|PWD|AUTH|DSN|PAT)$|DATABASE_URL|(?:^|[_-])(?:POSTGRES|MYSQL|MONGO(?:DB)?|REDIS|AMQP)_UR[IL]$/
const PLAIN_NAME = /[_-](?:FILE|PATH|DIR|NAME|ARN|TTL|REQUEST_URL|USERNAME)$|PUBLIC_?KEY/
const MIN_LENGTH = 6

/**
 * Values that the environment names as secret (…_TOKEN, …_PASSWORD, …_KEY, DATABASE_URL, …), for a redactor; and the
 * password alone of those that are URLs. Left out: short values, ARNs, and paths of files that exist (an AWS secret key may
 * start with a slash, so the look of a path is not enough).
 */
export function secretLikeValues(env: Environment): string[] {
  const values = Object.entries(env)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value = '']) => [value, ...passwordOfUrl(value)])
    .filter((value) => value.length >= MIN_LENGTH && !value.startsWith('arn:') && !isExistingPath(value))
  return [...new Set(values)]
}

/** Is what bears this name meant to be secret? `DB_PASSWORD`, `apiToken`, … */
export function isSecretName(name: string): boolean {
  const inCapitals = name.toUpperCase()
  return SECRET_NAME.test(inCapitals) && !PLAIN_NAME.test(inCapitals)
}

function isExistingPath(value: string): boolean {
  return isAbsolute(value) && existsSync(value)
}

/** As it stands in the URL, and decoded. */
function passwordOfUrl(value: string): string[] {
  const password = URL.parse(value)?.password ?? ''
  return password === '' ? [] : [password, decoded(password)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
