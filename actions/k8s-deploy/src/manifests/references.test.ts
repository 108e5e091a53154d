import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseReference, type Reference, repositoryName } from './references.ts'

const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`

test.each([
  ['nginx', { registry: 'docker.io', repository: 'library/nginx' }],
  ['nginx:1.27', { registry: 'docker.io', repository: 'library/nginx', tag: '1.27' }],
  ['docker.io/library/nginx', { registry: 'docker.io', repository: 'library/nginx' }],
  ['index.docker.io/nginx', { registry: 'docker.io', repository: 'library/nginx' }],
  ['acme/shop', { registry: 'docker.io', repository: 'acme/shop' }],
  ['ghcr.io/acme/shop:v2', { registry: 'ghcr.io', repository: 'acme/shop', tag: 'v2' }],
  ['localhost/shop', { registry: 'localhost', repository: 'shop' }],
  ['localhost:5000/app:v1', { registry: 'localhost:5000', repository: 'app', tag: 'v1' }],
  ['localhost:5000/app', { registry: 'localhost:5000', repository: 'app' }],
  ['registry:5000', { registry: 'docker.io', repository: 'library/registry', tag: '5000' }],
  ['10.210.0.1:5000/ghcr.io/acme/shop', { registry: '10.210.0.1:5000', repository: 'ghcr.io/acme/shop' }],
  ['[2001:db8::1]:5000/app', { registry: '[2001:db8::1]:5000', repository: 'app' }],
  [`ghcr.io/acme/shop@${SHA}`, { registry: 'ghcr.io', repository: 'acme/shop', digest: SHA }],
  [`ghcr.io:443/acme/shop:v2@${SHA}`, { registry: 'ghcr.io:443', repository: 'acme/shop', tag: 'v2', digest: SHA }],
  ['a/b/c__d/e-f', { registry: 'docker.io', repository: 'a/b/c__d/e-f' }],
])('%s', (text, reference) => {
  expect(parseReference(text)).toEqual(reference)
})

test.each([
  '',
  ':v1',
  'nginx:',
  'nginx@',
  'nginx@sha256:12',
  'Nginx',
  'ghcr.io/Acme/shop',
  'ghcr.io//shop',
  'ghcr.io/shop/',
  '/shop',
  'ghcr.io/a___b',
  'nginx:v 1',
  ' nginx',
  'nginx:-1',
  '{{ .Values.image }}',
  '${IMAGE}',
  'https://ghcr.io/acme/shop',
  `a/${'b'.repeat(260)}`,
])('no reference: %j', (text) => {
  expect(parseReference(text)).toBeUndefined()
})

function formatReference(reference: Reference): string {
  const { tag, digest } = reference
  return `${repositoryName(reference)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const registry = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'ghcr.io', '10.0.0.1'),
  fc.tuple(word, fc.integer({ min: 1, max: 65535 })).map(([host, port]) => `${host}:${port}`),
)
const reference = fc
  .record(
    {
      registry,
      path: fc.array(word, { minLength: 2, maxLength: 4 }),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
      digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
    },
    { requiredKeys: ['registry', 'path'] },
  )
  .map(({ path, ...rest }) => ({ ...rest, repository: path.join('/') }))

test('what is written out is read back, and tag and digest never change the name', () => {
  fc.assert(
    fc.property(reference, (given) => {
      const parsed = parseReference(formatReference(given))
      expect(parsed).toEqual(given)
      expect(parseReference(repositoryName(given))).toEqual({ registry: given.registry, repository: given.repository })
    }),
  )
})

test('any text is either refused or means the same written out', () => {
  const any = fc.string({ unit: fc.constantFrom('a', 'B', '0', '.', ':', '/', '@', '-', '_', '[', ']'), maxLength: 12 })
  fc.assert(
    fc.property(any, (text) => {
      const parsed = parseReference(text)
      if (parsed !== undefined) expect(parseReference(formatReference(parsed))).toEqual(parsed)
    }),
    { numRuns: 2_000 },
  )
})
