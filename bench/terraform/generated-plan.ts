import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Json, JsonObject } from '../../actions/terraform-apply/src/plan/json.ts'
import { createRandom, type Random } from '../random.ts'
import { type ResourceKind, resourceKinds } from './resource-kinds.ts'

export interface GeneratedPlan {
  resources: number
  /** Out of a hundred resources. */
  effects: readonly { actions: readonly string[]; share: number }[]
  /** The same seed gives the same bytes. */
  seed: number
}

/** A whole estate in one plan, on a day on which much of it changes. */
export const FIFTH_CHANGES: GeneratedPlan['effects'] = [
  { actions: ['no-op'], share: 80 },
  { actions: ['update'], share: 9 },
  { actions: ['create'], share: 8 },
  { actions: ['delete', 'create'], share: 2 },
  { actions: ['delete'], share: 1 },
]

/** The worst that a plan can be: all of it is shown. */
export const ALL_CHANGE: GeneratedPlan['effects'] = [
  { actions: ['update'], share: 45 },
  { actions: ['create'], share: 35 },
  { actions: ['delete', 'create'], share: 10 },
  { actions: ['delete'], share: 10 },
]

const RESOURCES_PER_MODULE = 200
const RESOURCES_PER_TEAM = 20

/** Writes the plan as `terraform show -json` does, without ever holding it whole. */
export async function writePlan(file: string, plan: GeneratedPlan): Promise<void> {
  await pipeline(Readable.from(planText(plan)), createWriteStream(file))
}

/** The pieces of the plan's JSON, in their order. */
export function* planText(plan: GeneratedPlan): Generator<string> {
  const all = (): Iterable<Resource> => resourcesOf(plan)
  yield '{"format_version":"1.2","terraform_version":"1.11.4",'
  yield '"planned_values":{"root_module":'
  yield* moduleText(all(), ({ after }) => after)
  yield '},"resource_changes":['
  yield* joined(all(), resourceChange)
  yield '],"output_changes":{},"prior_state":{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":'
  yield* moduleText(all(), ({ before }) => before)
  yield '}},"configuration":{"provider_config":{"aws":{"name":"aws","full_name":"registry.terraform.io/hashicorp/aws"}},'
  yield '"root_module":{"module_calls":{'
  yield* configurationText(all())
  yield '}}},"timestamp":"2025-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}\n'
}

/** One object, before and after. */
interface Resource {
  module: string
  /** Of the block of configuration; its `for_each` has a key for each object. */
  name: string
  key: string
  kind: ResourceKind
  actions: readonly string[]
  before: JsonObject | null
  /** Without what is unknown before the apply. */
  after: JsonObject | null
  unknown: readonly string[]
  replacedFor: string | undefined
}

function* resourcesOf(plan: GeneratedPlan): Generator<Resource> {
  for (let index = 0; index < plan.resources; index++) yield resourceAt(plan, index)
}

function resourceAt({ effects, seed }: GeneratedPlan, index: number): Resource {
  const random = createRandom(seed + index)
  const kind = byShare(resourceKinds, random)
  const { actions } = byShare(effects, random)
  const common = {
    module: `area_${Math.floor(index / RESOURCES_PER_MODULE)}`,
    name: `team_${Math.floor(index / RESOURCES_PER_TEAM)}`,
    key: `service-${index}`,
    kind,
    actions,
    replacedFor: undefined,
  }
  const attributes = kind.attributes(random, index)
  switch (actions[0]) {
    case 'create':
      return { ...common, before: null, after: without(attributes, kind.computed), unknown: kind.computed }
    case 'update':
      return {
        ...common,
        before: attributes,
        after: { ...attributes, ...kind.updated(attributes, random) },
        unknown: [],
      }
    case 'no-op':
      return { ...common, before: attributes, after: attributes, unknown: [] }
    default:
      return actions.length === 1
        ? { ...common, before: attributes, after: null, unknown: [] }
        : { ...common, ...replacement(kind, attributes, random, index) }
  }
}

function replacement(kind: ResourceKind, before: JsonObject, random: Random, index: number) {
  const fresh = kind.attributes(random, index + 1)
  const after = without({ ...before, [kind.immutable]: fresh[kind.immutable] ?? null }, kind.computed)
  return { before, after, unknown: kind.computed, replacedFor: kind.immutable }
}

function resourceChange({ kind, actions, before, after, unknown, replacedFor, ...place }: Resource): JsonObject {
  return {
    address: addressOf({ kind, ...place }),
    module_address: `module.${place.module}`,
    mode: 'managed',
    type: kind.type,
    name: place.name,
    index: place.key,
    provider_name: kind.provider,
    change: {
      actions: [...actions],
      before,
      after,
      after_unknown: after === null ? {} : { ...marksOf(after, []), ...allTrue(unknown) },
      before_sensitive: before === null ? false : marksOf(before, kind.sensitive),
      after_sensitive: after === null ? false : marksOf(after, kind.sensitive),
      ...(replacedFor === undefined ? {} : { replace_paths: [[replacedFor]] }),
    },
    ...(replacedFor === undefined ? {} : { action_reason: 'replace_because_cannot_update' }),
  }
}

/** Terraform mirrors the containers of a value in its marks, with `false` for each plain element of a list. */
function marksOf(attributes: JsonObject, marked: readonly string[]): JsonObject {
  const containers = Object.entries(attributes).filter(([, value]) => typeof value === 'object' && value !== null)
  return { ...Object.fromEntries(containers.map(([name, value]) => [name, mirror(value)])), ...allTrue(marked) }
}

function mirror(value: Json): Json {
  if (Array.isArray(value)) return value.map(mirror)
  return typeof value === 'object' && value !== null ? marksOf(value as JsonObject, []) : false
}

function* moduleText(
  resources: Iterable<Resource>,
  side: (resource: Resource) => JsonObject | null,
): Generator<string> {
  yield '{"child_modules":['
  yield* joined(byModule(resources), ([module, inside]) => ({
    resources: inside.flatMap((resource) => stateResource(resource, side(resource))),
    address: `module.${module}`,
  }))
  yield ']}'
}

function stateResource(resource: Resource, values: JsonObject | null): JsonObject[] {
  const { kind, name, key } = resource
  if (values === null) return []
  return [
    {
      address: addressOf(resource),
      mode: 'managed',
      type: kind.type,
      name,
      index: key,
      provider_name: kind.provider,
      schema_version: 1,
      values,
      sensitive_values: marksOf(values, kind.sensitive),
    },
  ]
}

function* configurationText(resources: Iterable<Resource>): Generator<string> {
  let separator = ''
  for (const [module, inside] of byModule(resources)) {
    const blocks = Map.groupBy(inside, ({ kind, name }) => `${kind.type}.${name}`)
    const declared = [...blocks].flatMap(([address, objects]) => configurationBlock(address, objects))
    yield `${separator}"${module}":${JSON.stringify({ source: `./${module}`, module: { resources: declared } })}`
    separator = ','
  }
}

/** The block of the objects that stay; without any it is deleted. */
function configurationBlock(address: string, objects: readonly Resource[]): JsonObject[] {
  const example = objects.find(({ after }) => after !== null)
  if (!example) return []
  const attributes = Object.keys(example.after ?? {})
  return [
    {
      address,
      mode: 'managed',
      type: example.kind.type,
      name: example.name,
      provider_config_key: 'aws',
      expressions: Object.fromEntries(
        attributes.map((name) => [name, { references: ['each.value', `local.${name}`] }]),
      ),
      schema_version: 1,
      for_each_expression: { references: ['var.services'] },
    },
  ]
}

function* byModule(resources: Iterable<Resource>): Generator<[module: string, resources: Resource[]]> {
  let inside: Resource[] = []
  for (const resource of resources) {
    const last = inside.at(-1)
    if (last && last.module !== resource.module) {
      yield [last.module, inside]
      inside = []
    }
    inside.push(resource)
  }
  const last = inside.at(-1)
  if (last) yield [last.module, inside]
}

function* joined<T>(items: Iterable<T>, json: (item: T) => JsonObject): Generator<string> {
  let separator = ''
  for (const item of items) {
    yield separator + JSON.stringify(json(item))
    separator = ','
  }
}

function addressOf({ module, kind, name, key }: Pick<Resource, 'module' | 'kind' | 'name' | 'key'>): string {
  return `module.${module}.${kind.type}.${name}["${key}"]`
}

function byShare<T extends { share: number }>(items: readonly T[], random: Random): T {
  let place = random.int(100)
  const found = items.find(({ share }) => {
    place -= share
    return place < 0
  })
  if (found === undefined) throw new RangeError('the shares come to less than a hundred')
  return found
}

function without(attributes: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)))
}

function allTrue(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, true]))
}
