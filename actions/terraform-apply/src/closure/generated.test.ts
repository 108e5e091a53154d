import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { closureDifferences } from './closure.ts'
import { type GitCheckout, gitCheckout } from './fixtures/git-checkout.ts'
import { pathsOf, treeDifferences } from './tree-differences.ts'

/** Files that earlier steps make, in a real checkout whose .gitignore knows them. */
let checkout: GitCheckout

beforeEach(() => {
  checkout = gitCheckout({
    '.gitignore': '/build/\n*.out\n',
    'infra/main.tf': 'a = 1\n',
    'values/base.tfvars': 'a = 1\n',
  })
})
afterEach(() => checkout.close())

test('a generated var-file elsewhere in the repository counts by its content, and is held to no tree', async () => {
  checkout.write('build/made.tfvars', 'b = 1\n')
  const before = await checkout.closure({ varFiles: ['../build/made.tfvars', '../values/base.tfvars'] })
  expect(Object.keys(before.files).sort()).toEqual(['build/made.tfvars', 'infra/main.tf', 'values/base.tfvars'])
  expect(treeDifferences(before, checkout.tree())).toEqual([])
  checkout.write('build/made.tfvars', 'b = 2\n')
  const after = await checkout.closure({ varFiles: ['../build/made.tfvars', '../values/base.tfvars'] })
  expect(closureDifferences(before, after)).toEqual(['build/made.tfvars'])
})

test('one that Git does not ignore is a difference, as is one that was changed', async () => {
  checkout.write('values/extra.tfvars', 'c = 1\n')
  checkout.write('values/base.tfvars', 'a = 2\n')
  const closure = await checkout.closure({ varFiles: ['../values/extra.tfvars', '../values/base.tfvars'] })
  expect(treeDifferences(closure, checkout.tree())).toEqual([
    { path: 'values/base.tfvars', kind: 'changed' },
    { path: 'values/extra.tfvars', kind: 'not committed' },
  ])
})

test('an ignored file beneath the root is no difference, even when a var-file leads through a link', async () => {
  checkout.write('infra/trace.out', 'x')
  checkout.link('link', 'values')
  const closure = await checkout.closure({ varFiles: ['../link/base.tfvars'] })
  expect(Object.keys(closure.files)).not.toContain('infra/trace.out')
  expect(pathsOf(treeDifferences(closure, checkout.tree())).filter((path) => path.startsWith('infra/'))).toEqual([])
})
