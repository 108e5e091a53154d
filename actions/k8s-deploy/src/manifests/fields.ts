export type Fields = Record<string, unknown>

/** Names of fields from the top down; `[]` stands for every element of a list. */
export type Path = readonly string[]

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as fields; `{}` for anything else, such as what a template left empty. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Every value at the path. */
export function valuesAt(value: unknown, [step, ...rest]: Path): unknown[] {
  if (step === undefined) return value === undefined ? [] : [value]
  if (step === '[]') return listOf(value).flatMap((element) => valuesAt(element, rest))
  return isFields(value) && Object.hasOwn(value, step) ? valuesAt(value[step], rest) : []
}

/** A copy with every value at the path changed; the value itself where nothing changes. */
export function updateAt(value: unknown, [step, ...rest]: Path, change: (found: unknown) => unknown): unknown {
  if (step === undefined) return change(value)
  if (step === '[]') return updateEach(value, rest, change)
  if (!isFields(value) || !Object.hasOwn(value, step)) return value
  const updated = updateAt(value[step], rest, change)
  return updated === value[step] ? value : { ...value, [step]: updated }
}

function updateEach(value: unknown, path: Path, change: (found: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return value
  const updated = value.map((element) => updateAt(element, path, change))
  return updated.some((element, index) => element !== value[index]) ? updated : value
}
