import { describe, expect, test } from '@jest/globals'
import { parseStoreUrl } from './location.ts'

test.each([
  ['s3://acme-backups', { kind: 's3', bucket: 'acme-backups', prefix: '' }],
  ['s3://acme-backups/', { kind: 's3', bucket: 'acme-backups', prefix: '' }],
  ['s3://acme-backups/a/b/', { kind: 's3', bucket: 'acme-backups', prefix: 'a/b' }],
  [
    's3://acme/p?endpoint=https://s3.example.org:9000&region=eu-central-1&profile=copy',
    {
      kind: 's3',
      bucket: 'acme',
      prefix: 'p',
      endpoint: 'https://s3.example.org:9000',
      region: 'eu-central-1',
      profile: 'copy',
    },
  ],
  ['file:///mnt/backups', { kind: 'folder', path: '/mnt/backups' }],
  ['file:///mnt/my backups/', { kind: 'folder', path: '/mnt/my backups' }],
])('%s', (text, location) => {
  expect(parseStoreUrl(text)).toEqual(location)
})

describe('refuses, and quotes nothing of it:', () => {
  test.each([
    ['', 'of the form'],
    ['acme', 'of the form'],
    ['https://acme/p', 'of the form'],
    ['s3://', 'names no bucket'],
    ['s3:///p', 'names no bucket'],
    ['s3://AKIAKEY:topsecret@acme/p', 'holds credentials'],
    ['s3://Acme', 'impossible name'],
    ['s3://a..b', 'impossible name'],
    ['s3://acme/../other', 'segment that is empty, . or ..'],
    ['s3://acme/a//b', 'segment that is empty'],
    ['s3://acme/%2e%2e/x', 'a %'],
    ['s3://acme/a\\b', 'backslash'],
    ['s3://acme/p?secret=topsecret', 'unknown or repeated setting'],
    ['s3://acme/p?region=a&region=b', 'unknown or repeated setting'],
    ['s3://acme/p#topsecret', 'of the form'],
    ['s3://acme/p?endpoint=ftp://x', 'no http or https'],
    ['s3://acme/p?endpoint=https://me:topsecret@x', 'endpoint with credentials'],
    ['s3://acme/p?endpoint=https://x?topsecret', 'endpoint with credentials'],
    ['s3://acme/p?region=a b', 'impossible region'],
    ['s3://acme/p?profile=a/b', 'impossible profile'],
    ['file://host/path', 'of the form'],
    ['file:path', 'of the form'],
    ['file:///', 'absolute path of a folder'],
    ['file:///mnt/../etc', 'segment that is empty, . or ..'],
    ['file:///mnt/%2e%2e/etc', 'a %'],
    ['file:///mnt?x=1', 'of the form'],
  ])('%j', (text, words) => {
    const refused = () => parseStoreUrl(text, 'Line 2 of the input copy-to')
    expect(refused).toThrow(
      expect.objectContaining({ reason: 'invalid-input', message: expect.stringContaining(words) }),
    )
    expect(refused).toThrow(/^Line 2 of the input copy-to /)
    expect(refused).not.toThrow(/topsecret|AKIA/)
  })
})
