import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addImage, blobPath, findManifest, listImages, storedName } from './images.ts'

let store = ''
let root = ''

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-images-test-'))
  store = join(folder, 'store')
  root = join(folder, 'root')
  mkdirSync(root)
  writeFileSync(join(root, 'hello'), 'world')
})
afterEach(() => rmSync(join(store, '..'), { recursive: true, force: true }))

describe('storedName', () => {
  test.each([
    ['busybox', 'library/busybox:latest'],
    ['busybox:lab', 'library/busybox:lab'],
    ['docker.io/library/busybox:lab', 'library/busybox:lab'],
    ['ghcr.io/acme/shop:v2', 'acme/shop:v2'],
    ['acme/shop', 'acme/shop:latest'],
    ['10.210.0.1:5000/shop', 'shop:latest'],
    ['localhost/shop:v1', 'shop:v1'],
    ['registry.k8s.io/pause:3.10', 'pause:3.10'],
  ])('%s is stored as %s', (reference, stored) => expect(storedName(reference)).toBe(stored))

  test('a host changes nothing, whatever it is', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
    const host = fc.oneof(
      part.map((name) => `${name}.io`),
      part.map((name) => `${name}:5000`),
      fc.constant('localhost'),
    )
    fc.assert(
      fc.property(host, part, part, part, (registry, owner, name, tag) => {
        expect(storedName(`${registry}/${owner}/${name}:${tag}`)).toBe(storedName(`${owner}/${name}:${tag}`))
      }),
    )
  })
})

function read(digest: string) {
  return JSON.parse(readFileSync(blobPath(store, digest), 'utf8'))
}

describe('addImage', () => {
  test('every blob has the digest and the size that its descriptor says, and the layer holds the folder', async () => {
    const image = await addImage(store, 'ghcr.io/acme/shop:v1', root, { config: { Cmd: ['/hello'], User: '1000' } })
    const manifest = read(image.digest)
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const bytes = readFileSync(blobPath(store, digest))
      expect([`sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes.length]).toEqual([digest, size])
    }
    const [layer] = manifest.layers
    expect(execFileSync('tar', ['-xOf', blobPath(store, layer.digest), './hello']).toString()).toBe('world')
    expect(read(manifest.config.digest)).toMatchObject({
      config: { Cmd: ['/hello'], User: '1000' },
      rootfs: { diff_ids: [layer.digest] },
    })
    expect(readdirSync(store).sort()).toEqual(['blobs', 'index.json'])
  })

  test('the same content has the same digest, whenever it was written', async () => {
    const first = await addImage(store, 'a:1', root)
    utimesSync(join(root, 'hello'), 1, 1)
    expect((await addImage(store, 'b:1', root)).digest).toBe(first.digest)
    writeFileSync(join(root, 'hello'), 'you')
    expect((await addImage(store, 'c:1', root)).digest).not.toBe(first.digest)
  })

  test('on a base it adds a layer, and keeps what it does not set', async () => {
    await addImage(store, 'base:1', root, { config: { Env: ['A=1'], Cmd: ['sh'], WorkingDir: '/srv' } })
    writeFileSync(join(root, 'hello'), 'you')
    const image = await addImage(store, 'app:1', root, { base: 'base:1', config: { Env: ['B=2'], Cmd: ['run'] } })
    const { layers, config } = read(image.digest)
    expect(layers).toHaveLength(2)
    expect(read(config.digest)).toMatchObject({
      config: { Env: ['A=1', 'B=2'], Cmd: ['run'], WorkingDir: '/srv' },
      rootfs: { diff_ids: layers.map(({ digest }: { digest: string }) => digest) },
    })
    await expect(addImage(store, 'app:2', root, { base: 'nothing:1' })).rejects.toThrow('no image library/nothing:1')
  })

  test('of two with one name the later counts; by its digest the name must be right, too', async () => {
    await addImage(store, 'acme/shop:v1', root)
    writeFileSync(join(root, 'hello'), 'you')
    const { digest } = await addImage(store, 'ghcr.io/acme/shop:v1', root)
    expect(listImages(store)).toEqual([{ name: 'acme/shop:v1', digest }])
    expect(findManifest(store, 'acme/shop', 'v1')?.digest).toBe(digest)
    expect(findManifest(store, 'acme/shop', digest)?.digest).toBe(digest)
    expect(findManifest(store, 'acme/other', digest)).toBeUndefined()
    expect(findManifest(store, 'acme/shop', 'v2')).toBeUndefined()
  })
})
