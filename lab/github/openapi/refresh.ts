/**
 * Cuts `slice.json` out of GitHub's published OpenAPI: the operations that the stand-in serves and every schema that
 * they reach, as plain JSON Schema. Run it after a change of `operations.ts` or of the package's version:
 *
 *     node lab/github/openapi/refresh.ts
 */
import { writeFileSync } from 'node:fs'
import { readFromPackage } from '../support/npm-pack.ts'
import { OPERATIONS, WEBHOOKS } from './operations.ts'
import type { OperationSlice, Schema } from './slice.ts'

const PACKAGE = '@octokit/openapi@23.0.2'
const KEPT_AS_THEY_ARE =
  'type enum format pattern minimum maximum minLength maxLength minItems maxItems uniqueItems required'.split(' ')

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

interface Content {
  content?: { 'application/json'?: { schema: Schema } }
}

interface Operation {
  parameters?: unknown[]
  requestBody?: Content & { required?: boolean }
  responses: Record<string, unknown>
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const openApi: OpenApi = JSON.parse(readFromPackage(PACKAGE, 'generated/api.github.com.json'))
const schemas: Record<string, unknown> = {}

function resolve(node: unknown): unknown {
  if (typeof node !== 'object' || node === null || !('$ref' in node)) return node
  const path = String(node.$ref).slice(2).split('/')
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], openApi)
}

function mapValues(record: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record as Schema).map(([key, value]) => [key, toJsonSchema(value as Schema)]),
  )
}

/** OpenAPI 3.0 says `nullable` where JSON Schema says that null is one of the types. */
function withNull(schema: Schema): Schema {
  const { type, enum: values, ...rest } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const nullable = { ...rest, type: [type, 'null'] }
  return Array.isArray(values) ? { ...nullable, enum: [...new Set([...values, null])] } : nullable
}

function toJsonSchema(schema: Schema): Schema {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.replace('#/components/schemas/', '')
    addSchema(name)
    return { $ref: `slice#/schemas/${name}` }
  }
  const result: Schema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (KEPT_AS_THEY_ARE.includes(key)) result[key] = value
    if (key === 'properties') result[key] = mapValues(value)
    if (['oneOf', 'anyOf', 'allOf'].includes(key)) result[key] = (value as Schema[]).map(toJsonSchema)
    if (['items', 'not', 'additionalProperties'].includes(key)) {
      result[key] = typeof value === 'object' ? toJsonSchema(value as Schema) : value
    }
  }
  return schema['nullable'] === true ? withNull(result) : result
}

function addSchema(name: string): void {
  if (name in schemas) return
  schemas[name] = true
  schemas[name] = toJsonSchema(openApi.components.schemas[name] as Schema)
}

function jsonBody(node: unknown): Schema | null {
  const schema = (resolve(node) as Content | undefined)?.content?.['application/json']?.schema
  return schema === undefined ? null : toJsonSchema(schema)
}

function parametersIn(place: Parameter['in'], parameters: Parameter[]): Schema {
  const wanted = parameters.filter((parameter) => parameter.in === place)
  return {
    type: 'object',
    properties: Object.fromEntries(wanted.map(({ name, schema }) => [name, toJsonSchema(schema)])),
    required: wanted.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  }
}

function cut(operationName: string): OperationSlice {
  const [method = '', path = ''] = operationName.split(' ')
  const operation = openApi.paths[path]?.[method.toLowerCase()]
  if (operation === undefined) throw new Error(`${PACKAGE} has no operation ${operationName}`)
  const parameters = (operation.parameters ?? []).map(resolve) as Parameter[]
  const responses = Object.entries(operation.responses).map(([status, response]) => [status, jsonBody(response)])
  return {
    path: parametersIn('path', parameters),
    query: parametersIn('query', parameters),
    body: operation.requestBody === undefined ? null : jsonBody(operation.requestBody),
    bodyRequired: operation.requestBody?.required === true,
    responses: Object.fromEntries(responses),
  }
}

/** One line per entry, so that a refresh is a diff that a person can read. */
function lines(record: Record<string, unknown>): string {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{\n${entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')}\n}`
}

const operations = Object.fromEntries(OPERATIONS.map((name) => [name, cut(name)]))
WEBHOOKS.forEach(addSchema)
const slice = `{\n"package": "${PACKAGE}",\n"operations": ${lines(operations)},\n"schemas": ${lines(schemas)}\n}\n`
writeFileSync(new URL('slice.json', import.meta.url), slice)
