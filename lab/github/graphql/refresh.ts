/**
 * Cuts `schema.graphql` out of GitHub's published GraphQL schema by the table in `fields.ts`. Run it after a change of
 * the table or of the package's version:
 *
 *     node lab/github/graphql/refresh.ts && npm run format
 */
import { writeFileSync } from 'node:fs'
import {
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  type TypeNode,
} from 'graphql'
import { readFromPackage } from '../support/npm-pack.ts'
import { FIELDS } from './fields.ts'

const PACKAGE = '@octokit/graphql-schema@15.26.1'

const definitions = new Map<string, DefinitionNode>()
for (const definition of parse(readFromPackage(PACKAGE, 'schema.graphql')).definitions) {
  if ('name' in definition && definition.name !== undefined) definitions.set(definition.name.value, definition)
}

const kept = new Map<string, DefinitionNode>()

function typeName(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : typeName(type.type)
}

function cutValue(value: InputValueDefinitionNode): InputValueDefinitionNode {
  keep(typeName(value.type))
  return {
    kind: value.kind,
    name: value.name,
    type: value.type,
    ...(value.defaultValue && { defaultValue: value.defaultValue }),
  }
}

function cutField(field: FieldDefinitionNode): FieldDefinitionNode {
  keep(typeName(field.type))
  return { kind: field.kind, name: field.name, type: field.type, arguments: (field.arguments ?? []).map(cutValue) }
}

function cut(definition: DefinitionNode): DefinitionNode {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const { kind, name } = definition
      const wanted = FIELDS[name.value] ?? []
      const fields = (definition.fields ?? []).filter((field) => wanted.includes(field.name.value)).map(cutField)
      const absent = wanted.filter((field) => !fields.some((found) => found.name.value === field))
      if (absent.length > 0) throw new Error(`${PACKAGE}: ${name.value} has no ${absent.join(', ')}`)
      const isKept = (one: string) => FIELDS[one]?.every((field) => wanted.includes(field)) === true
      const interfaces = (definition.interfaces ?? []).filter((one) => isKept(one.name.value))
      return { kind, name, interfaces, fields }
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return { kind: definition.kind, name: definition.name, fields: (definition.fields ?? []).map(cutValue) }
    case Kind.ENUM_TYPE_DEFINITION: {
      const values = (definition.values ?? []).map(({ kind, name }) => ({ kind, name }) as const)
      return { kind: definition.kind, name: definition.name, values }
    }
    case Kind.SCALAR_TYPE_DEFINITION:
      return { kind: definition.kind, name: definition.name }
    default:
      throw new Error(`no rule for a ${definition.kind}`)
  }
}

function keep(name: string): void {
  const definition = definitions.get(name)
  if (definition === undefined || kept.has(name)) return
  kept.set(name, definition)
  kept.set(name, cut(definition))
}

Object.keys(FIELDS).forEach(keep)
const names = [...kept.keys()].sort()
const text = names.map((name) => print(kept.get(name) as DefinitionNode)).join('\n\n')
writeFileSync(new URL('schema.graphql', import.meta.url), `# Cut from ${PACKAGE} by refresh.ts\n\n${text}\n`)
