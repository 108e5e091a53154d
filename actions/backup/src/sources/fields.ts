import { invalidInput } from '../../../../lib/action/errors.ts'

/** Reads the keys of one entry, each with its own kind of value, and knows in the end which ones nobody asked for. */
export interface Fields {
  text(key: string): string | undefined
  /** Name of an environment variable. */
  variable(key: string): string | undefined
  texts(key: string): string[] | undefined
  /** `all`, also where the key is absent, or a list. */
  allOrTexts(key: string): 'all' | string[]
  textMap(key: string): Record<string, string> | undefined
  /** A program and its arguments. */
  command(key: string): string[] | undefined
  count(key: string): number | undefined
  flag(key: string): boolean | undefined
  choice<T extends string>(key: string, allowed: readonly T[]): T | undefined
  missing(key: string): never
  wrong(key: string, allowed: string): never
  refuseOthers(): void
}

export function fieldsOf(what: string, value: unknown): Fields {
  if (!isMap(value)) throw invalidInput(`${what} isn't a map of keys and values.`)
  const asked = new Set<string>()
  const take = (key: string): unknown => {
    asked.add(key)
    return value[key] ?? undefined
  }
  const wrong = (key: string, allowed: string): never => {
    throw invalidInput(`${what} has a ${key} that can't be used; allowed is ${allowed}.`)
  }
  const typed = <T>(key: string, isRight: (found: unknown) => found is T, allowed: string): T | undefined => {
    const found = take(key)
    if (found === undefined) return undefined
    return isRight(found) ? found : wrong(key, allowed)
  }
  return {
    wrong,
    missing: (key) => {
      throw invalidInput(`${what} has no ${key}.`)
    },
    text: (key) => typed(key, isText, 'a text on one line'),
    variable: (key) => typed(key, isVariable, 'the name of an environment variable'),
    texts: (key) => typed(key, isTexts, 'a list of texts'),
    allOrTexts: (key) => typed(key, isAllOrTexts, 'all, or a list of names') ?? 'all',
    textMap: (key) => typed(key, isTextMap, 'a map of texts'),
    command: (key) => typed(key, isCommand, 'a list: a program and its arguments'),
    count: (key) => typed(key, isCount, 'a whole number'),
    flag: (key) => typed(key, (found) => typeof found === 'boolean', 'true or false'),
    choice: <T extends string>(key: string, allowed: readonly T[]) =>
      typed(key, (found): found is T => allowed.some((one) => one === found), `one of ${allowed.join(', ')}`),
    refuseOthers() {
      const other = Object.keys(value).find((key) => !asked.has(key))
      if (other === undefined) return
      throw invalidInput(
        `${what} has the unknown key ${JSON.stringify(other.slice(0, 60))}; allowed are ${[...asked].join(', ')}.`,
      )
    },
  }
}

function isText(value: unknown): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return typeof value === 'string' && value !== '' && !/[\u0000-\u001f]/.test(value)
}

function isVariable(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText)
}

function isAllOrTexts(value: unknown): value is 'all' | string[] {
  return value === 'all' || (isTexts(value) && value.length > 0)
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isMap(value) && Object.values(value).every(isText)
}

/** Arguments may be empty or have lines; the program may not. */
function isCommand(value: unknown): value is string[] {
  return (
    Array.isArray(value) && isText(value[0]) && value.every((one) => typeof one === 'string' && !one.includes('\0'))
  )
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
