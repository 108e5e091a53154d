import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { addImage, type Image } from './images.ts'
import { account, createRegistry, refuse } from './registry.ts'

let folder = ''
let store = ''
let image: Image
let close: () => Promise<void>
let address = ''

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ondol-registry-test-'))
  store = join(folder, 'store')
  mkdirSync(join(folder, 'root'))
  writeFileSync(join(folder, 'root/hello'), 'world')
  image = await addImage(store, 'acme/shop:v1', join(folder, 'root'))
  const server = createRegistry(store).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () => new Promise((resolve) => server.close(() => resolve()))
})
afterEach(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${address}${path}`, { headers })

test('a pull: manifest by tag, by digest, and its blobs', async () => {
  const byTag = await get('/v2/acme/shop/manifests/v1')
  expect(byTag.headers.get('docker-content-digest')).toBe(image.digest)
  expect(byTag.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json')
  const manifest = (await byTag.json()) as { layers: { digest: string; size: number }[] }
  expect(await (await get(`/v2/acme/shop/manifests/${image.digest}`)).json()).toEqual(manifest)
  for (const { digest, size } of manifest.layers) {
    expect((await (await get(`/v2/acme/shop/blobs/${digest}`)).arrayBuffer()).byteLength).toBe(size)
  }
})

test.each(['/v2/acme/shop/manifests/v2', '/v2/acme/other/manifests/v1'])('%s is unknown', async (path) => {
  const reply = await get(path)
  expect([reply.status, await reply.json()]).toMatchObject([404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] }])
})

test('a blob is a digest and no other path', async () => {
  for (const path of ['..%2F..%2Findex.json', 'sha256:..%2F..%2Findex.json', `sha256:${'0'.repeat(64)}`]) {
    expect((await get(`/v2/acme/shop/blobs/${path}`)).status).toBe(404)
  }
})

test('refusals come and go while it runs, and touch one repository', async () => {
  refuse(store, 'acme/shop', 429)
  expect((await get('/v2/acme/shop/manifests/v1')).status).toBe(429)
  refuse(store, 'acme/other', 503)
  refuse(store, 'acme/shop', 'image')
  expect((await get('/v2/acme/shop/manifests/v1')).status).toBe(200)
  expect((await get('/v2/acme/other/manifests/v1')).status).toBe(503)
})

test('401 names where a token is to be had; only the account’s token opens', async () => {
  refuse(store, 'acme/shop', 401)
  const path = '/v2/acme/shop/manifests/v1'
  const realm = /realm="([^"]+)"/.exec((await get(path)).headers.get('www-authenticate') ?? '')?.[1]
  expect(realm).toBe(`${address}/token`)
  const tokenFor = async (headers: Record<string, string>) =>
    ((await (await get('/token', headers)).json()) as { token: string }).token
  const anonymous = await get(path, { authorization: `Bearer ${await tokenFor({})}` })
  expect(anonymous.status).toBe(401)
  expect(anonymous.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
  const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64')
  const token = await tokenFor({ authorization: `Basic ${basic}` })
  expect((await get(path, { authorization: `Bearer ${token}` })).status).toBe(200)
})
