import { expect, test } from '@jest/globals'
import { holderOf, isEarlierAttempt, linkOf } from './holder.ts'

const RUN = 'https://github.com/acme/shop/actions/runs/5'

test('a holder is a link, and tells jobs of one run apart', () => {
  const holder = holderOf(RUN, 'deploy to: prod', 'ab12')
  expect(holder).toBe(`${RUN}#deploy-to--prod-ab12`)
  expect(linkOf(holder)).toBe(RUN)
})

test.each([
  [RUN, `${RUN}/attempts/2`, true],
  [`${RUN}/attempts/2#a-1`, `${RUN}/attempts/10#b-2`, true],
  [`${RUN}/attempts/2`, `${RUN}/attempts/2`, false],
  [`${RUN}/attempts/3`, `${RUN}/attempts/2`, false],
  [RUN, 'https://github.com/acme/shop/actions/runs/51/attempts/2', false],
  ['somebody', `${RUN}/attempts/2`, false],
  [RUN, 'somebody', false],
])('%s is an earlier attempt of %s: %s', (theirs, ours, expected) => {
  expect(isEarlierAttempt(theirs, ours)).toBe(expected)
})
