import { at, listAt, textAt } from '../readiness/read.ts'

/** Enough to mend a document by; a wrong type at the top makes many. */
const PROBLEMS = 5

/**
 * Holds a custom resource against its definition's structural schema as far as types, required, unknown and enumerated fields go;
 * the rest is the API's to say once it knows the kind.
 *
 * @returns problems such as `spec.size: must be an integer`
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function schemaProblems(value: unknown, schema: unknown): string[] {
  const root = at(schema, 'properties')
  if (typeof root !== 'object' || root === null) return []
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = root as Record<string, unknown>
  const known = { ...(schema as object), properties: { ...properties, apiVersion: {}, kind: {}, metadata: {} } }
  return [...problemsOf(value, known, '')].slice(0, PROBLEMS)
}

function* problemsOf(value: unknown, schema: unknown, path: string): Generator<string> {
  if (value === null || value === undefined) {
    // The API drops a null; what is required is found missing where it belongs.
    return
  }
  const wrong = typeProblem(value, schema) ?? enumProblem(value, schema)
  if (wrong !== undefined) {
    yield `${path || 'document'}: ${wrong}`
    return
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* problemsOf(item, at(schema, 'items'), `${path}[${index}]`)
  } else if (typeof value === 'object') {
    yield* fieldProblems(value as Record<string, unknown>, schema, path)
  }
}

function* fieldProblems(value: Record<string, unknown>, schema: unknown, path: string): Generator<string> {
  const here = (field: string): string => (path === '' ? field : `${path}.${field}`)
  for (const field of listAt(schema, 'required')) {
    const isThere = typeof field !== 'string' || (value[field] !== undefined && value[field] !== null)
    const hasDefault = at(schema, 'properties', String(field), 'default') !== undefined
    if (!isThere && !hasDefault) yield `${here(String(field))}: is required`
  }
  for (const [field, inner] of Object.entries(value)) {
    const known = at(schema, 'properties', field) ?? additional(schema)
    if (known !== undefined) yield* problemsOf(inner, known, here(field))
    else if (isClosed(schema)) yield `${here(field)}: no such field`
  }
}

function additional(schema: unknown): unknown {
  const schemaOfOthers = at(schema, 'additionalProperties')
  return schemaOfOthers === false ? undefined : schemaOfOthers
}

/** The API refuses unknown fields in server-side apply where the schema doesn't let them through. */
function isClosed(schema: unknown): boolean {
  const isOpen =
    at(schema, 'x-kubernetes-preserve-unknown-fields') === true || at(schema, 'x-kubernetes-embedded-resource') === true
  return !isOpen && (at(schema, 'properties') !== undefined || textAt(schema, 'type') === 'object')
}

const isType: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === 'object' && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
}

function typeProblem(value: unknown, schema: unknown): string | undefined {
  if (at(schema, 'x-kubernetes-int-or-string') === true) {
    return Number.isInteger(value) || typeof value === 'string' ? undefined : 'must be an integer or a string'
  }
  const type = textAt(schema, 'type')
  if (type === undefined || isType[type]?.(value) !== false) return undefined
  return `must be ${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`
}

function enumProblem(value: unknown, schema: unknown): string | undefined {
  const allowed = listAt(schema, 'enum')
  if (allowed.length === 0 || allowed.includes(value)) return undefined
  return `must be one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`
}
