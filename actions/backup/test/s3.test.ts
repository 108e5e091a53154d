import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { startFakeS3 } from '../../../lab/s3/fake/index.ts'
import { type S3Access, signedRequest } from '../../../lab/s3/signed-request.ts'
import { startS3 } from '../../../lab/s3/versitygw.ts'
import { contentOf } from './support/bare-shell.ts'
import { idOf, listed, MIB, makeTree, openS3Scene, restored, succeeded } from './support/s3.ts'
import type { Scene } from './support/scene.ts'

interface Server extends S3Access {
  makeBucket(name: string): Promise<unknown>
  close(): Promise<void>
}

interface Moment {
  id: string
  content: string
}

const versitygw = await requirePart('versitygw')

describe('the strict S3 stand-in', () => cases(standIn))
versitygw.describe('versitygw', () => cases(real))

async function standIn(): Promise<Server> {
  const server = await startFakeS3()
  for (const name of ['acme', 'copies']) server.bucket(name, { equalParts: true })
  return {
    ...server,
    makeBucket: async (name) => server.bucket(name),
    async close() {
      expect(server.violations).toEqual([])
      await server.close()
    },
  }
}

async function real(): Promise<Server> {
  const server = await startS3(versitygw.path, ['acme', 'copies'])
  return { ...server, makeBucket: (name) => signedRequest(server, { method: 'PUT', path: `/${name}` }) }
}

function cases(start: () => Promise<Server>): void {
  let server: Server
  let scene: Scene
  let source: string
  const moments: Moment[] = []
  const sources = () => `- files: { paths: [${source}] }`
  const address = (bucket: string) => `s3://${bucket}/second?endpoint=${server.endpoint}&region=us-east-1`

  beforeAll(async () => {
    server = await start()
    scene = await openS3Scene(server, { prefix: '/backups/nightly/' })
    source = makeTree(join(scene.folder, 'source'), { 'big/a': 11 * MIB, 'big/b': 2 * MIB, small: 100, gone: 5 })
  }, 60_000)
  afterAll(async () => {
    await scene.close()
    await server.close()
  })

  async function backUp(inputs: Record<string, string>) {
    const step = succeeded(await scene.backup(sources(), { inputs }))
    moments.push({ id: idOf(step), content: contentOf(source) })
    return step
  }

  test('a chain, with a copy in a folder and one in another bucket', async () => {
    const inputs = { 'copy-to': `file://${scene.store}\n${address('copies')}` }
    expect((await backUp(inputs)).outputs).toMatchObject({ type: 'full', result: 'ok' })
    writeFileSync(join(source, 'small'), 'changed')
    rmSync(join(source, 'gone'))
    expect((await backUp(inputs)).outputs).toMatchObject({ type: 'incremental', result: 'ok' })
    makeTree(source, { 'big/c': 6 * MIB })
    expect((await backUp(inputs)).outputs).toMatchObject({ type: 'incremental', result: 'ok' })
  }, 60_000)

  test('its large objects have parts, and all lies below the prefix', async () => {
    const objects = await listed(server, 'acme')
    expect(objects.filter(({ key }) => !key.startsWith('backups/nightly/shop/'))).toEqual([])
    const [first, , third] = moments.map(({ id }) => objects.find(({ key }) => key.includes(`/${id}/data/1-files.1.`)))
    expect(first?.etag).toMatch(/-3\b/)
    expect(third?.etag).toMatch(/-2\b/)
  })

  test('a moment is restored, and the last one from each copy alone', async () => {
    const [, second, last] = moments as [Moment, Moment, Moment]
    expect(await restored(scene, second.id, source)).toBe(second.content)
    for (const place of [{}, { bucket: 'copies', prefix: 'second' }, { bucket: `file://${scene.store}`, prefix: '' }])
      expect(await restored(scene, last.id, source, place)).toBe(last.content)
  }, 60_000)

  test('a copy that is dead costs a warning, and gets the next full backup again', async () => {
    const inputs = { set: 'again', 'copy-to': `${address('nowhere')}\nfile://${scene.folder}/not-mounted` }
    const full = await backUp(inputs)
    expect(full.outputs).toMatchObject({ type: 'full', result: 'warning' })
    expect(full.summary).toContain('There is no bucket nowhere')
    expect(full.summary).toContain('Line 2 of copy-to got no copy')
    await server.makeBucket('nowhere')
    const incremental = await backUp(inputs)
    expect(incremental.outputs).toMatchObject({ type: 'incremental', result: 'warning' })
    expect(incremental.summary).toContain(`it lacks ${idOf(full)}`)
    expect(await listed(server, 'nowhere')).toEqual([])
    const copied = await backUp({ ...inputs, type: 'full', 'copy-to': address('nowhere') })
    expect(copied.outputs).toMatchObject({ result: 'ok' })
    const place = { set: 'again', bucket: 'nowhere', prefix: 'second' }
    expect(await restored(scene, 'latest', source, place)).toBe(moments.at(-1)?.content)
  }, 60_000)
}
