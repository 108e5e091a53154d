import { describe, expect, test } from '@jest/globals'
import type { TreeFile } from '../../../../lib/github/trees.ts'
import { snapshotOf, treeOf } from './fixtures/snapshot.ts'
import { followLinks, takeSnapshot } from './snapshot.ts'

describe('links', () => {
  const links = new Map([
    ['envs/eu', 'prod'],
    ['envs/prod/shared', '../../shared'],
    ['shared/net', './net-v2'],
    ['out', '../elsewhere'],
    ['absolute', '/etc'],
    ['one', 'other'],
    ['other', 'one'],
  ])

  test.each([
    ['envs/prod/main.tf', ['envs/prod/main.tf']],
    [
      'envs/eu/shared/net/main.tf',
      ['envs/eu/shared/net/main.tf', 'envs/prod/shared/net/main.tf', 'shared/net/main.tf', 'shared/net-v2/main.tf'],
    ],
    ['out/x', ['out/x']],
    ['absolute', ['absolute']],
  ])('%s leads by way of %j', (path, stages) => {
    expect(followLinks(path, links)).toEqual(stages)
  })

  test('in a circle come to an end', () => {
    expect(new Set(followLinks('one', links))).toEqual(new Set(['one', 'other']))
  })
})

describe('a snapshot', () => {
  const files = {
    'infra/main.tf': 'a = 1\n',
    'infra/values.auto.tfvars': 'b = 1\n',
    'infra/linked.tf': { symlink: '../shared/text' },
    'infra/dangling.tf': { symlink: 'nowhere' },
    'shared/text': 'c = 1\n',
    'README.md': 'not read',
    'ondol.yml': 'ignore: [x]\n',
  }

  test('has every path, and the content of what says what belongs together', async () => {
    const snapshot = await snapshotOf(files)
    expect([...snapshot.files.keys()]).toEqual(Object.keys(files))
    expect(Object.fromEntries(snapshot.texts)).toEqual({
      'infra/main.tf': 'a = 1\n',
      'infra/values.auto.tfvars': 'b = 1\n',
      'infra/linked.tf': 'c = 1\n',
      'ondol.yml': 'ignore: [x]\n',
    })
    expect(snapshot.links.get('infra/linked.tf')).toBe('../shared/text')
  })

  test('reads a file once, and a submodule of a misleading name not at all', async () => {
    const read: string[] = []
    const submodule: TreeFile = { path: 'vendor.tf', mode: '160000', sha: 'a'.repeat(40) }
    await takeSnapshot([...treeOf(files), submodule], async ({ path }) => {
      read.push(path)
      return path === 'infra/linked.tf' ? '../shared/text' : ''
    })
    expect(read.sort()).toEqual([
      'infra/dangling.tf',
      'infra/linked.tf',
      'infra/main.tf',
      'infra/values.auto.tfvars',
      'ondol.yml',
      'shared/text',
    ])
  })
})
