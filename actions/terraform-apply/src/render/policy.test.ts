import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Json, JsonObject } from '../plan/format.ts'
import { diffAttributes } from './diff.ts'
import { NOTHING_FORCED } from './forced.ts'
import { isPolicy, newlyGranted } from './policy.ts'
import { effortOfReport } from './similarity.ts'
import { unmarked, type Value } from './value.ts'

const policy = (...statements: JsonObject[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.length === 1 ? statements[0] : statements })

function diff(before: string, after: string): string[] {
  const context = { redact: (text: string) => text, forced: NOTHING_FORCED, effort: effortOfReport() }
  return diffAttributes(unmarked({ p: before }), unmarked({ p: after }), context).lines
}

const READ = { Sid: 'Read', Effect: 'Allow', Action: ['s3:Get', 's3:List'], Resource: ['arn:logs', 'arn:logs/*'] }
const DENY = { Effect: 'Deny', Action: 's3:Delete', Resource: '*', Condition: { Bool: { 'aws:Mfa': 'false' } } }

describe('IAM policies', () => {
  test('are compared by statements: gained, lost and changed ones', () => {
    const before = policy(READ, DENY, { Sid: 'Old', Effect: 'Allow', Action: 'ec2:Start', Resource: 'arn:i' })
    const after = policy(
      { ...DENY, Action: ['s3:Delete'] },
      { Sid: 'New', Effect: 'Allow', Action: '*', Resource: '*' },
      { ...READ, Action: ['s3:Put', 's3:List', 's3:Get'] },
    )
    expect(diff(before, after)).toEqual([
      '  p = jsonencode({',
      '    Statement = [',
      '-     {',
      '-       Sid = "Old"',
      '-       Effect = "Allow"',
      '-       Action = ["ec2:Start"]',
      '-       Resource = ["arn:i"]',
      '-     }',
      '+     {  # ⚠️ newly allows any action, any resource',
      '+       Sid = "New"',
      '+       Effect = "Allow"',
      '+       Action = ["*"]',
      '+       Resource = ["*"]',
      '+     }',
      '      {',
      '        Sid = "Read"',
      '        Effect = "Allow"',
      '        Action = [',
      '+         "s3:Put"',
      '          # 2 unchanged elements',
      '        ]',
      '        Resource = ["arn:logs", "arn:logs/*"]',
      '      }',
      '      # 1 unchanged element',
      '    ]',
      '    # 1 unchanged attribute',
      '  })',
    ])
  })

  test('a statement without Sid is known by what it has in common', () => {
    const changed = { ...DENY, Condition: { Bool: { 'aws:Mfa': ['false', 'x'] } } }
    expect(diff(policy(DENY, READ), policy(READ, changed))).toEqual([
      '  p = jsonencode({',
      '    Statement = [',
      '      {',
      '        Effect = "Deny"',
      '        Action = ["s3:Delete"]',
      '        Resource = ["*"]',
      '        Condition = {',
      '          Bool = {',
      '            "aws:Mfa" = [',
      '+             "x"',
      '              # 1 unchanged element',
      '            ]',
      '          }',
      '        }',
      '      }',
      '      # 1 unchanged element',
      '    ]',
      '    # 1 unchanged attribute',
      '  })',
    ])
  })

  test('written otherwise are the same policy', () => {
    const statement = fc.record(
      {
        Sid: fc.constantFrom('A', 'B'),
        Effect: fc.constantFrom('Allow', 'Deny'),
        Action: fc.uniqueArray(fc.constantFrom('s3:Get', 's3:Put', '*'), { minLength: 1 }),
        Resource: fc.uniqueArray(fc.constantFrom('arn:a', 'arn:b'), { minLength: 1 }),
      },
      { requiredKeys: ['Effect', 'Action', 'Resource'] },
    )
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
        const unwrap = <T>(list: T[]) => (list.length === 1 ? (list[0] as T) : list.toReversed())
        const rewritten = statements
          .toReversed()
          .map(({ Action, Resource, ...rest }) => ({ Resource: unwrap(Resource), ...rest, Action: unwrap(Action) }))
        const [before, after] = [policy(...statements), policy(...(rewritten as JsonObject[]))]
        expect(diff(before, after)).toEqual(
          before === after ? [] : ['! p = jsonencode(…)  # same policy, written otherwise'],
        )
      }),
    )
  })

  test.each<[string, Json]>([
    ['a key that the grammar lacks', { Statement: [{ Effect: 'Allow', Comment: 'x' }] }],
    ['another effect', { Statement: [{ Effect: 'Maybe' }] }],
    ['no statement', { Version: '2012-10-17', Statement: [] }],
    ['another document', { Statement: [{ Effect: 'Allow' }], extra: 1 }],
    ['a list', [{ Effect: 'Allow' }]],
  ])('%s is no policy', (_, document) => {
    expect(isPolicy(document)).toBe(false)
  })
})

describe('what a policy newly allows', () => {
  const of = (statement: JsonObject): Value => unmarked({ nested: [{ p: policy(statement) }] })
  const allow = { Effect: 'Allow', Action: 's3:Get', Resource: 'arn:a' }

  test.each<[string, JsonObject, JsonObject, string[]]>([
    ['an action', allow, { ...allow, Action: ['s3:Get', '*'] }, ['any action']],
    ['a whole service', allow, { ...allow, Action: 's3:*' }, ['any action of a service']],
    ['a resource', allow, { ...allow, Resource: '*' }, ['any resource']],
    ['everybody', allow, { ...allow, Principal: '*' }, ['anybody']],
    ['everybody by AWS', allow, { ...allow, Principal: { AWS: ['*'] } }, ['anybody']],
    [
      'all but',
      allow,
      { Effect: 'Allow', NotAction: 'iam:*', NotResource: 'arn:x', NotPrincipal: '*' },
      ['any action but those named', 'any resource but those named', 'anybody but those named'],
    ],
    [
      'a denial that becomes a grant',
      { ...allow, Effect: 'Deny', Action: '*' },
      { ...allow, Action: '*' },
      ['any action'],
    ],
    ['what it allowed before', { ...allow, Resource: '*' }, { ...allow, Resource: '*', Sid: 'x' }, []],
    ['what it denies', allow, { ...allow, Effect: 'Deny', Action: '*', Resource: '*' }, []],
  ])('%s', (_, before, after, words) => {
    expect(newlyGranted(of(before), of(after))).toEqual(words)
    expect(newlyGranted(unmarked(null), of(after))).toEqual(expect.arrayContaining(words))
  })

  test('is found where the document is written with escapes, and not where it is secret', () => {
    const text = policy({ ...allow, Action: '*' }).replace('Statement', '\\u0053tatement')
    const value = unmarked({ p: text })
    expect(newlyGranted(unmarked(null), value)).toEqual(['any action'])
    expect(newlyGranted(unmarked(null), { ...value, sensitive: { p: true } })).toEqual([])
  })
})
