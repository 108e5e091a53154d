import { describe, expect, test } from '@jest/globals'
import { canonicalPlan, fingerprintOf } from './canonical.ts'
import { comparePlans } from './compare.ts'
import type { Configuration, Json, Plan } from './format.ts'
import { reachOf } from './reach.ts'

/**
 * Plans that create (unless said otherwise) `terraform_data.hook` with one provisioner; the configuration is what
 * Terraform 1.11 prints of such a root.
 */
const VARIABLES = { command: { value: 'true' }, commands: { value: { a: 'true' } }, host: { value: '127.0.0.1' } }
const refers = (...references: string[]): Json => ({ command: { references } })

interface Case {
  provisioner?: Json
  providers?: Configuration['provider_config']
  actions?: string[]
  /** Puts the resource into a module that the root calls so. */
  module?: string
  variables?: Plan['variables']
}

function planOf({ provisioner, providers, actions = ['create'], module, variables = VARIABLES }: Case): Plan {
  const resource = { address: 'terraform_data.hook', ...(provisioner ? { provisioners: [provisioner] } : {}) }
  const root =
    module === undefined
      ? { resources: [resource] }
      : { module_calls: { [module]: { module: { resources: [resource] } } } }
  const address = module === undefined ? resource.address : `module.${module}["x.y"].${resource.address}[0]`
  const isThere = actions[0] !== 'create'
  return {
    format_version: '1.2',
    variables,
    configuration: { root_module: root, ...(providers ? { provider_config: providers } : {}) },
    resource_changes: [
      {
        address,
        mode: 'managed',
        type: 'terraform_data',
        name: 'hook',
        change: { actions, before: isThere ? { input: 1 } : null, after: { input: 1 } },
      },
    ],
  }
}

const local = (expressions: Json): Json => ({ type: 'local-exec', expressions })
const reached = (given: Case): string[] => Object.keys(reachOf(planOf(given)).variables)
const ALL = Object.keys(VARIABLES)

describe('variables within reach of a provisioner', () => {
  test.each<[string, Json, string[]]>([
    ['the one that it names', local(refers('var.command')), ['command']],
    ['one of a map', local(refers('var.commands["a"]', 'var.commands')), ['commands']],
    ['none, for a constant', local({ command: { constant_value: 'true' } }), []],
    ['none, for its own object', local(refers('self.id', 'self')), []],
    ['none that another’s name begins with', local(refers('var.comm')), []],
    [
      'in any expression of it',
      local({ command: { constant_value: 'x' }, environment: { references: ['var.host'] } }),
      ['host'],
    ],
    ['all, by a local value', local(refers('local.command')), ALL],
    ['all, by the output of a module', local(refers('module.site.command', 'module.site')), ALL],
    ['all, by the values of for_each', local(refers('each.value')), ALL],
    [
      'all, by a connection, which the plan leaves out',
      { type: 'remote-exec', expressions: { inline: { constant_value: ['true'] } } },
      ALL,
    ],
    ['all, where a file is copied to', { type: 'file', expressions: { source: { constant_value: 'x' } } }, ALL],
  ])('%s', (_what, provisioner, names) => {
    expect(reached({ provisioner })).toEqual(names)
  })

  test('all, from within a module, whose inputs may be made of any', () => {
    expect(reached({ provisioner: local(refers('var.inner')), module: 'site' })).toEqual(ALL)
    expect(reached({ provisioner: local({ command: { constant_value: 'true' } }), module: 'site' })).toEqual([])
  })

  test.each([
    [['create'], true],
    [['delete'], true],
    [['delete', 'create'], true],
    [['create', 'delete'], true],
    [['create', 'forget'], true],
    [['update'], false],
    [['no-op'], false],
    [['read'], false],
    [['forget'], false],
  ])('%j runs it: %p', (actions, runs) => {
    const plan = planOf({ provisioner: local(refers('var.command')), actions })
    expect(Object.keys(reachOf(plan).provisioners)).toEqual(runs ? ['terraform_data.hook'] : [])
    expect(Object.keys(reachOf(plan).variables)).toEqual(runs ? ['command'] : [])
  })
})

describe('variables within reach of a provider', () => {
  const aws = (expressions: Json) => ({ aws: { name: 'aws', expressions } })

  test('those that its settings name, and all by a local value or from within a module', () => {
    const region = { region: { references: ['var.host'] } }
    expect(reached({ providers: aws(region) })).toEqual(['host'])
    expect(reached({ providers: aws({ region: { references: ['local.region'] } }) })).toEqual(ALL)
    expect(reached({ providers: { 'module.site:aws': { name: 'aws', expressions: region } } })).toEqual(ALL)
  })

  test('none, when nothing changes', () => {
    expect(reached({ providers: aws({ region: { references: ['var.host'] } }), actions: ['no-op'] })).toEqual([])
  })

  test('nested blocks count', () => {
    expect(reached({ providers: aws({ assume_role: [{ role_arn: { references: ['var.command'] } }] }) })).toEqual([
      'command',
    ])
  })
})

describe('the fingerprint follows the reach', () => {
  const options = { tool: 'Terraform', providers: {}, key: Buffer.alloc(32, 1), notCompared: () => false }
  const canonical = (given: Case) => canonicalPlan(planOf(given), options)
  const fingerprint = (given: Case) => fingerprintOf(canonical(given), undefined)

  test.each<[string, Json, Plan['variables']]>([
    ['a command', local(refers('var.command')), { ...VARIABLES, command: { value: 'false' } }],
    ['the commands of a for_each', local(refers('each.value')), { ...VARIABLES, commands: { value: { a: 'false' } } }],
    [
      'the host of a connection',
      { type: 'remote-exec', expressions: {} },
      { ...VARIABLES, host: { value: '127.0.0.2' } },
    ],
  ])('%s that came by a variable', (_what, provisioner, variables) => {
    expect(fingerprint({ provisioner, variables })).not.toBe(fingerprint({ provisioner }))
    expect(comparePlans(canonical({ provisioner }), canonical({ provisioner, variables }))).toHaveLength(1)
  })

  test('an unused variable', () => {
    const provisioner = local(refers('var.command'))
    expect(fingerprint({ provisioner, variables: { ...VARIABLES, host: { value: 'other' } } })).toBe(
      fingerprint({ provisioner }),
    )
  })

  test('null is another value than none, and the comparison says so', () => {
    const withAfter = (after: Json) => {
      const plan = planOf({})
      const [resource] = plan.resource_changes ?? []
      if (resource) resource.change.after = after
      return canonicalPlan(plan, options)
    }
    expect(comparePlans(withAfter({ input: null }), withAfter({}))).toHaveLength(1)
    expect(comparePlans(withAfter({ input: { a: null } }), withAfter({ input: {} }))).toHaveLength(1)
  })
})

describe('values of other objects within reach', () => {
  const options = { tool: 'Terraform', providers: {}, key: Buffer.alloc(32, 1), notCompared: () => false }
  const object = (mode: string, address: string, output: string) => ({ mode, address, values: { output } })
  const withState = (given: Case, data: string, managed: string): Plan => ({
    ...planOf(given),
    prior_state: {
      values: {
        root_module: {
          resources: [object('data', 'data.terraform_remote_state.s', data)],
          child_modules: [{ resources: [object('managed', 'module.m.terraform_data.kept[0]', managed)] }],
        },
      },
    },
  })
  const provider = (...references: string[]) => ({ aws: { expressions: { region: { references } } } })
  const command = (...references: string[]): Case => ({ provisioner: local(refers(...references)) })

  test.each<[string, Case, { data: boolean; managed: boolean }]>([
    [
      'a command that names a data source',
      command('data.terraform_remote_state.s.outputs["cmd"]'),
      { data: true, managed: false },
    ],
    ['a command that uses a local value', command('local.command'), { data: true, managed: true }],
    ['a command that names a variable', command('var.command'), { data: false, managed: false }],
    [
      'a provider that names a data source',
      { providers: provider('data.terraform_remote_state.s.outputs') },
      { data: true, managed: false },
    ],
    ['a provider that uses a local value', { providers: provider('local.region') }, { data: true, managed: false }],
    ['a connection', { provisioner: { type: 'remote-exec', expressions: {} } }, { data: true, managed: true }],
  ])('%s', (_what, given, counts) => {
    const fingerprint = (data: string, managed: string) =>
      fingerprintOf(canonicalPlan(withState(given, data, managed), options), undefined)
    const before = fingerprint('true', 'kept')
    expect(fingerprint('rm -rf /', 'kept') !== before).toBe(counts.data)
    expect(fingerprint('true', 'drifted') !== before).toBe(counts.managed)
  })
})
