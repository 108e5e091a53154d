import { expect, test } from '@jest/globals'
import { schedulesOf } from './schedule.ts'

test.each<[string, string, string[]]>([
  ['one', "on:\n  schedule:\n    - cron: '17 2 * * *'\n", ['17 2 * * *']],
  [
    'several',
    "on: { push: {}, schedule: [{ cron: '0 2 * * 1-5' }, { cron: '0 4 * * 0,6' }] }",
    ['0 2 * * 1-5', '0 4 * * 0,6'],
  ],
  ['with a time zone', "'on':\n  schedule:\n    - cron: '0 2 * * *'\n      timezone: Asia/Seoul\n", ['0 2 * * *']],
  ['no schedule', 'on: [push, workflow_dispatch]', []],
  ['one event', 'on: push', []],
  ['an empty schedule', 'on:\n  schedule:\n', []],
  ['entries that are none', "on: { schedule: [cron, { cron: 5 }, null, { at: '0 2 * * *' }] }", []],
  ['nothing', '', []],
  ['no map', '- a', []],
])('%s', (_, text, expected) => {
  expect(schedulesOf(text)).toEqual(expected)
})

test('no YAML', () => {
  expect(() => schedulesOf('on: [')).toThrow(expect.objectContaining({ name: 'YAMLParseError' }))
})
