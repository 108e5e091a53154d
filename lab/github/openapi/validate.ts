import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { OPERATIONS, type OperationName } from './operations.ts'
import { readSlice, type Schema } from './slice.ts'

/** An operation that a method and a path belong to, and the values in its path (decoded). */
export interface Match {
  operation: OperationName
  params: Record<string, string>
}

/** A request as the validator looks at it; `body` undefined when there is none. */
export interface ObservedRequest {
  params: Record<string, string>
  query: Record<string, string>
  body: unknown
}

/** Holds requests and replies against GitHub's description. Each method returns the faults as sentences, none when right. */
export interface Validator {
  match(method: string, path: string): Match | null
  request(operation: OperationName, request: ObservedRequest): string[]
  reply(operation: OperationName, status: number, body: unknown): string[]
  /** `schema` is a name in GitHub's `components/schemas`, such as `webhook-push`. */
  component(schema: string, value: unknown): string[]
}

/** Values with slashes: a path in the repository, a ref, two refs to compare. */
const OVER_SLASHES = ['path', 'ref', 'branch', 'basehead']

interface Pattern {
  operation: OperationName
  method: string
  expression: RegExp
  names: string[]
  segments: number
}

function toPattern(operation: OperationName): Pattern {
  const [method = '', template = ''] = operation.split(' ')
  const names: string[] = []
  const source = template.replace(/\/\{(\w+)\}/g, (_, name: string) => {
    names.push(name)
    if (name === 'path') return '(?:/(.*))?'
    return OVER_SLASHES.includes(name) ? '/(.+)' : '/([^/]+)'
  })
  return { operation, method, expression: new RegExp(`^${source}$`), names, segments: template.split('/').length }
}

function sentence({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const detail = params['additionalProperty'] ?? params['allowedValues']
  return `${instancePath || '/'} ${message}${detail === undefined ? '' : ` (${detail})`}`
}

function unknownKeys(schema: Schema, body: unknown): string[] {
  const known = schema['properties']
  if (typeof known !== 'object' || known === null || typeof body !== 'object' || body === null) return []
  return Object.keys(body)
    .filter((key) => !(key in known))
    .map((key) => `/ has a property that GitHub doesn't know (${key})`)
}

/** Compiles a schema when it is first needed: most runs use a few of them. */
function lazily(ajv: Ajv): (schema: Schema, value: unknown) => string[] {
  const compiled = new Map<Schema, ValidateFunction>()
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile(schema)
    compiled.set(schema, validate)
    return validate(value) ? [] : (validate.errors ?? []).map(sentence)
  }
}

let shared: Validator | undefined

/** The validator of the committed slice; there is one per process, because compiling schemas takes longer than using them. */
export function githubValidator(): Validator {
  shared ??= createValidator()
  return shared
}

function createValidator(): Validator {
  const slice = readSlice()
  const options = { strict: false, validateSchema: false, inlineRefs: false, logger: false } as const
  const root = { $id: 'slice', schemas: slice.schemas }
  const check = (coerceTypes: boolean) => {
    const ajv = new Ajv({ ...options, coerceTypes })
    formats.default(ajv)
    return lazily(ajv.addSchema(root))
  }
  const checkJson = check(false)
  const checkText = check(true)
  const components = new Map(Object.keys(slice.schemas).map((name) => [name, { $ref: `slice#/schemas/${name}` }]))
  const patterns = OPERATIONS.map(toPattern).sort((a, b) => b.segments - a.segments || a.names.length - b.names.length)
  const from = (place: string, faults: string[]) => faults.map((fault) => `${place} ${fault}`)

  return {
    match(method, path) {
      for (const pattern of patterns) {
        const found = pattern.method === method ? pattern.expression.exec(path) : null
        if (found === null) continue
        const values = pattern.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')])
        return { operation: pattern.operation, params: Object.fromEntries(values) }
      }
      return null
    },
    request(operation, { params, query, body }) {
      const { path, query: querySchema, body: bodySchema, bodyRequired } = slice.operations[operation]
      const faults = [
        ...from('path', checkText(path, { ...params })),
        ...from('query', checkText(querySchema, { ...query })),
      ]
      if (body === undefined) return bodyRequired ? [...faults, 'body is missing'] : faults
      if (bodySchema === null) return [...faults, 'body is not expected']
      return [...faults, ...from('body', checkJson(bodySchema, body)), ...from('body', unknownKeys(bodySchema, body))]
    },
    reply(operation, status, body) {
      const { responses } = slice.operations[operation]
      const schema = responses[status]
      if (schema === undefined && status < 400) return [`reply has a status that GitHub doesn't name (${status})`]
      if (schema === undefined || schema === null) return []
      return from('reply', checkJson(schema, body))
    },
    component(name, value) {
      const schema = components.get(name)
      if (schema === undefined) throw new Error(`the slice has no schema ${name}`)
      return checkJson(schema, value)
    },
  }
}
