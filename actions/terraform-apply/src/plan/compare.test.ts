import { describe, expect, test } from '@jest/globals'
import { deriveKeys } from '../keys.ts'
import { canonicalPlan } from './canonical.ts'
import { comparePlans } from './compare.ts'
import { recordedPlan, recordedText } from './fixtures/index.ts'
import { type Change, type JsonObject, type Plan, type ResourceChange, readPlan } from './format.ts'

const keys = deriveKeys('plan-key-of-the-tests-0123456789abcdef')
const providers = { 'example/aws': '5.0.0' }
const canonical = (plan: Plan, versions: Record<string, string> = providers, tool = 'Terraform') =>
  canonicalPlan(plan, { tool, providers: versions, key: keys.sensitive, notCompared: () => false })
const reviewed = canonical(recordedPlan('changes'))

/** The differences after an edit of the recorded plan. */
const afterEdit = (edit: (plan: Plan) => void) => {
  const plan = recordedPlan('changes')
  edit(plan)
  return comparePlans(reviewed, canonical(plan))
}
const resource = (plan: Plan, address: string): ResourceChange => {
  const found = plan.resource_changes?.find((candidate) => candidate.address === address)
  if (!found) throw new Error(`the recorded plan has no ${address}`)
  return found
}
const input = ({ change }: ResourceChange): JsonObject => (change.after as { input: JsonObject }).input
const output = (plan: Plan, name: string): Change => plan.output_changes?.[name] as Change

const text = (value: string) => ({ kind: 'text', text: value })
const SENSITIVE = { kind: 'sensitive' }
const ABSENT = { kind: 'absent' }

test('equal plans differ in nothing', () => {
  expect(afterEdit(() => undefined)).toEqual([])
})

describe('values', () => {
  test('one key of a map is named alone', () => {
    expect(afterEdit((plan) => Object.assign(input(resource(plan, 'terraform_data.app')), { size: 'huge' }))).toEqual([
      {
        kind: 'value',
        address: 'terraform_data.app',
        attribute: 'input.size',
        side: 'after',
        reviewed: text('large'),
        now: text('huge'),
      },
    ])
  })

  test('a list is shown whole', () => {
    expect(afterEdit((plan) => Object.assign(input(resource(plan, 'terraform_data.app')), { ports: [80] }))).toEqual([
      {
        kind: 'value',
        address: 'terraform_data.app',
        attribute: 'input.ports',
        side: 'after',
        reviewed: text('[80,8443]'),
        now: text('[80]'),
      },
    ])
  })

  test('a key more or less is absent on one side', () => {
    expect(
      afterEdit((plan) => {
        const values = input(resource(plan, 'terraform_data.app'))
        delete values['size']
        values['colour'] = 'red'
      }),
    ).toMatchObject([
      { attribute: 'input.colour', reviewed: ABSENT, now: text('red') },
      { attribute: 'input.size', reviewed: text('large'), now: ABSENT },
    ])
  })

  test('what is there already differs on the side "before"', () => {
    expect(
      afterEdit((plan) => {
        const { change } = resource(plan, 'terraform_data.new_changed')
        change.before = { ...(change.before as JsonObject), input: 'changed meanwhile' }
      }),
    ).toMatchObject([
      { attribute: 'input', side: 'before', reviewed: text('moved, and'), now: text('changed meanwhile') },
    ])
  })

  test('a value that is known only after the apply', () => {
    expect(
      afterEdit((plan) => {
        resource(plan, 'terraform_data.new_changed').change.after_unknown = {}
      }),
    ).toMatchObject([{ attribute: 'output', side: 'unknown', reviewed: text('true'), now: ABSENT }])
  })

  test('digits of a long number are shown as they are', () => {
    const plan = readPlan(recordedText('changes').replaceAll('12345678901234567891', '12345678901234567892'))
    expect(comparePlans(reviewed, canonical(plan))).toEqual([
      {
        kind: 'value',
        address: 'terraform_data.exact',
        attribute: 'input',
        side: 'after',
        reviewed: text('12345678901234567891'),
        now: text('12345678901234567892'),
      },
    ])
  })

  test('outputs go by output.<name>', () => {
    expect(
      afterEdit((plan) => {
        output(plan, 'size').after = 'huge'
      }),
    ).toMatchObject([{ address: 'output.size', attribute: 'value', reviewed: text('large'), now: text('huge') }])
  })

  test('an attribute with an inherited name', () => {
    expect(
      afterEdit((plan) => Object.assign(input(resource(plan, 'terraform_data.app')), { constructor: 'x' })),
    ).toMatchObject([{ attribute: 'input.constructor', reviewed: ABSENT, now: text('x') }])
  })
})

describe('secrets are named, never shown', () => {
  const leaks = (value: unknown): boolean => /planted|-password|[0-9a-f]{64}|\$sensitive/.test(JSON.stringify(value))

  test('a secret within a map', () => {
    const differences = afterEdit((plan) =>
      Object.assign(input(resource(plan, 'terraform_data.app')), { password: 'planted' }),
    )
    expect(differences).toMatchObject([{ attribute: 'input.password', reviewed: SENSITIVE, now: SENSITIVE }])
    expect(leaks(differences)).toBe(false)
  })

  test('a list that holds a secret', () => {
    const withList = (secret: string) =>
      canonical(
        (() => {
          const plan = recordedPlan('changes')
          const { change } = resource(plan, 'terraform_data.app')
          change.after = { ...(change.after as JsonObject), input: ['plain', secret] }
          change.after_sensitive = { input: [false, true] }
          return plan
        })(),
      )
    const differences = comparePlans(withList('planted-one'), withList('planted-two'))
    expect(differences).toMatchObject([{ attribute: 'input', reviewed: SENSITIVE, now: SENSITIVE }])
    expect(leaks(differences)).toBe(false)
  })

  test('a secret that becomes a map with secrets in it, and one that loses its mark', () => {
    const differences = afterEdit((plan) => {
      const { change } = resource(plan, 'terraform_data.created["x"]')
      change.after_sensitive = { input: { nested: true } }
    })
    expect(differences).toMatchObject([{ attribute: 'input.nested', reviewed: SENSITIVE, now: SENSITIVE }])
    expect(leaks(differences)).toBe(false)
  })

  test('the whole comparison of two plans whose secrets differ', () => {
    const plan = readPlan(recordedText('changes').replaceAll('second-password', 'planted'))
    const differences = comparePlans(reviewed, canonical(plan))
    expect(differences.length).toBeGreaterThan(5)
    expect(leaks(differences)).toBe(false)
  })
})

describe('whole changes', () => {
  test('appeared and vanished', () => {
    expect(
      afterEdit((plan) => {
        const created = resource(plan, 'terraform_data.counted[2]')
        plan.resource_changes = plan.resource_changes?.filter((candidate) => candidate !== created) ?? []
        plan.resource_changes.push({ ...created, address: 'terraform_data.counted[3]' })
      }),
    ).toEqual([
      { kind: 'vanished', address: 'terraform_data.counted[2]', actions: 'create' },
      { kind: 'appeared', address: 'terraform_data.counted[3]', actions: 'create' },
    ])
  })

  test('another action is told alone, not with all the values that follow', () => {
    expect(
      afterEdit((plan) => {
        const { change } = resource(plan, 'terraform_data.app')
        change.actions = ['delete', 'create']
        change.after = { other: 1 }
      }),
    ).toEqual([{ kind: 'action', address: 'terraform_data.app', reviewed: 'update', now: 'delete, then create' }])
  })

  test('facts are named', () => {
    expect(
      afterEdit((plan) => {
        resource(plan, 'terraform_data.new_name').previous_address = 'terraform_data.other'
      }),
    ).toEqual([{ kind: 'fact', address: 'terraform_data.new_name', fact: 'previous_address' }])
  })
})

describe('settings', () => {
  test.each<[string, (plan: Plan) => void, object]>([
    [
      'a provisioner',
      (plan) => {
        const found = plan.configuration.root_module?.resources?.find(
          ({ address }) => address === 'terraform_data.replaced',
        )
        found?.provisioners?.pop()
      },
      { what: 'provisioner of terraform_data.replaced', reviewed: 'present', now: 'present' },
    ],
    [
      'a variable',
      (plan) => {
        plan.variables = { ...plan.variables, command: { value: 'rm' } }
      },
      { what: 'variable command', reviewed: 'present', now: 'present' },
    ],
    [
      'a provider setting',
      (plan) => {
        delete plan.configuration.provider_config?.['terraform.other']
      },
      { what: 'provider terraform.other', reviewed: 'present', now: 'absent' },
    ],
    [
      'the version of Terraform',
      (plan) => {
        plan.terraform_version = '1.12.0'
      },
      { what: 'the program', reviewed: 'Terraform 1.11.4', now: 'Terraform 1.12.0' },
    ],
    [
      'a check',
      (plan) => {
        plan.checks = []
      },
      { what: 'checks', reviewed: 'present', now: 'present' },
    ],
    [
      'something unknown',
      (plan) => {
        plan['something_new'] = 1
      },
      { what: 'something_new', reviewed: 'absent', now: 'present' },
    ],
  ])('%s', (_, edit, expected) => {
    expect(afterEdit(edit)).toEqual([{ kind: 'setting', ...expected }])
  })

  test('another program, of the same version', () => {
    expect(comparePlans(reviewed, canonical(recordedPlan('changes'), providers, 'OpenTofu'))).toEqual([
      { kind: 'setting', what: 'the program', reviewed: 'Terraform 1.11.4', now: 'OpenTofu 1.11.4' },
    ])
  })

  test('the version of a provider', () => {
    expect(comparePlans(reviewed, canonical(recordedPlan('changes'), { 'example/aws': '5.1.0' }))).toEqual([
      { kind: 'setting', what: 'version of provider example/aws', reviewed: '5.0.0', now: '5.1.0' },
    ])
  })
})
