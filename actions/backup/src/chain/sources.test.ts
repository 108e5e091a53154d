import { expect, test } from '@jest/globals'
import type { Source } from '../sources/source.ts'
import { describeSourceChange, identify, identifyIndexed } from './sources.ts'

const none = { pre: undefined, post: undefined }

function files(paths: string[], more: Partial<Source & { kind: 'files' }> = {}): Source {
  return { kind: 'files', id: '1-files', on: { kind: 'local' }, paths, exclude: [], hooks: none, ...more }
}

function command(run: string[]): Source {
  return { kind: 'command', id: '2-command', on: { kind: 'local' }, name: 'dump', run, minBytes: 1, hooks: none }
}

function change(before: Source[], now: Source[]): string | undefined {
  return describeSourceChange(before.map(identify), now.map(identify))
}

const MOVED = 'Source 1-files has another place or other paths than before.'
const ssh = { kind: 'ssh', user: 'backup', host: '10.0.1.10', port: undefined } as const

test.each<[string, Source[], Source[], string | undefined]>([
  ['nothing', [files(['/a', '/b']), command(['x'])], [files(['/b', '/a']), command(['x'])], undefined],
  ['what is excluded', [files(['/a'])], [files(['/a'], { exclude: ['*.sock'] })], undefined],
  ['what a command does', [command(['x'])], [command(['y'])], undefined],
  ['a new source', [files(['/a'])], [files(['/a']), command(['x'])], 'Source 2-command is new.'],
  ['one less', [files(['/a']), command(['x'])], [files(['/a'])], 'Source 2-command is no more among the sources.'],
  ['paths of one of two', [files(['/a']), command(['x'])], [files(['/b']), command(['x'])], MOVED],
  ['paths', [files(['/a'])], [files(['/a', '/b'])], MOVED],
  ['the place', [files(['/a'])], [files(['/a'], { on: ssh })], MOVED],
  ['the machine', [files(['/a'], { on: ssh })], [files(['/a'], { on: { ...ssh, host: '10.0.1.11' } })], MOVED],
])('what changed: %s', (_, before, now, sentence) => {
  expect(change(before, now)).toBe(sentence)
})

test('the order in which a place was written says nothing', () => {
  const { kind, user, host, port } = ssh
  expect(change([files(['/a'], { on: ssh })], [files(['/a'], { on: { port, host, user, kind } })])).toBeUndefined()
})

test('an index tells the same as the source', () => {
  const source = files(['/b', '/a'], { on: ssh })
  expect(identifyIndexed({ id: '1-files', kind: 'files', on: 'ssh://backup@10.0.1.10', paths: ['/b', '/a'] })).toEqual(
    identify(source),
  )
})
