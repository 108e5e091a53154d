import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { readKey } from 'openpgp'
import { judgeSignature } from '../../../../lib/tools/signature.ts'
import { PUBLISHERS, releaseOf } from './publisher.ts'

/** Files of real releases, as their publishers have them. */
const published = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`fixtures/releases/${name}`, import.meta.url)))

const REAL = [
  { tool: 'terraform', version: '1.9.8', signature: 'terraform_1.9.8_SHA256SUMS.sig' },
  { tool: 'tofu', version: '1.8.5', signature: 'tofu_1.8.5_SHA256SUMS.gpgsig' },
] as const

describe('keys', () => {
  test.each([
    ['terraform', 'c874011f0ab405110d02105534365d9472d7468f'],
    ['tofu', 'e3e6e43d84cb852eadb0051d0c0af313e5fd9f80'],
  ] as const)('%s: the fingerprint that the publisher names', async (tool, fingerprint) => {
    expect((await readKey({ armoredKey: PUBLISHERS[tool].publicKey })).getFingerprint()).toBe(fingerprint)
  })

  test.each(REAL)(
    '$tool $version: the release’s signature is good, and of nothing else',
    async ({ tool, ...names }) => {
      const checksums = published(`${tool}_${names.version}_SHA256SUMS`)
      const signature = published(names.signature)
      const { publicKey } = PUBLISHERS[tool]
      expect(await judgeSignature(checksums, signature, publicKey)).toEqual({ kind: 'good' })
      const changed = Buffer.from(checksums)
      changed.write(changed.subarray(0, 1).toString() === 'b' ? 'c' : 'b')
      expect(await judgeSignature(changed, signature, publicKey)).toMatchObject({ kind: 'bad' })
      const other = PUBLISHERS[tool === 'tofu' ? 'terraform' : 'tofu'].publicKey
      expect(await judgeSignature(checksums, signature, other)).toMatchObject({ kind: 'bad' })
    },
  )
})

describe('a release is an archive for this machine, beside the signed checksums of its version', () => {
  test.each(REAL)('$tool $version', ({ tool, version, signature }) => {
    const release = releaseOf(tool, version, PUBLISHERS[tool])
    const names = [release.archiveUrl, release.checksumsUrl, release.signatureUrl].map((url) => url.split('/').at(-1))
    expect(names).toEqual([release.archiveName, `${tool}_${version}_SHA256SUMS`, signature])
    expect(published(`${tool}_${version}_SHA256SUMS`).toString()).toContain(`  ${release.archiveName}\n`)
    expect(release.archiveUrl).toMatch(/^https:\/\//)
  })

  test('at the publisher’s address', () => {
    expect(releaseOf('terraform', '1.9.8', PUBLISHERS.terraform).checksumsUrl).toBe(
      'https://releases.hashicorp.com/terraform/1.9.8/terraform_1.9.8_SHA256SUMS',
    )
    expect(releaseOf('tofu', '1.8.5', PUBLISHERS.tofu).checksumsUrl).toBe(
      'https://github.com/opentofu/opentofu/releases/download/v1.8.5/tofu_1.8.5_SHA256SUMS',
    )
  })
})

test('indexes name their versions, each in its own form', () => {
  expect(PUBLISHERS.terraform.versionsIn({ name: 'terraform', versions: { '1.9.8': {}, '1.9.7': {} } })).toEqual([
    '1.9.8',
    '1.9.7',
  ])
  expect(PUBLISHERS.tofu.versionsIn({ versions: [{ id: '1.10.0-rc1', files: [] }, { id: '1.9.0' }] })).toEqual([
    '1.10.0-rc1',
    '1.9.0',
  ])
})
