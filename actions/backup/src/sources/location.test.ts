import { expect, test } from '@jest/globals'
import { describeLocation, parseLocation } from './location.ts'

test.each([
  'local',
  'ssh://host',
  'ssh://backup@10.0.1.10:22',
  'ssh://backup@[fd00::1]:22',
  'ssh://web-1.example.org',
  'kubernetes://shop/deploy/mysql',
  'kubernetes://shop/pod/mysql-0/db',
  'docker://shop_db.1',
  'ssm://ubuntu@i-0123456789abcdef0',
])('%s is read, and told as it was written', (text) => {
  const location = parseLocation(text)
  expect(location && describeLocation(location)).toBe(text)
})

test.each([
  '',
  'Local',
  'ssh://',
  'ssh://a b',
  'ssh://user:password@host',
  'ssh://host:0',
  'ssh://host/path',
  'ssh://$(id)',
  'kubernetes://shop/deploy/UPPER',
  'kubernetes://shop/deploy/',
  'kubernetes://shop/deploy/a/b/c',
  'docker://-it',
  'docker://a;b',
  'ssm://ubuntu@i-xyz',
])('%j is none', (text) => {
  expect(parseLocation(text)).toBeUndefined()
})
