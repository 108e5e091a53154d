import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Decrypter } from 'age-encryption'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { type S3Access, signedRequest } from '../../../lab/s3/signed-request.ts'
import { type S3Server, startS3 } from '../../../lab/s3/versitygw.ts'
import type { AgeIdentity } from '../../../lib/crypto/age-keys.ts'
import { indexIdentity } from '../src/catalogue/sealed-index.ts'
import { contentOf } from './support/bare-shell.ts'
import { idOf, MIB, makeTree, openS3Scene, restored, succeeded } from './support/s3.ts'
import { INDEX_KEY, type Scene, type Step } from './support/scene.ts'

const KEEP_ONE = { 'keep-last': '1', 'keep-daily': '0', 'keep-weekly': '0', 'keep-monthly': '0' }
const WRITER = { accessKey: 'writer', secretKey: 'lab-secret-key-of-writer' }
/** What the writer of backups needs, and nothing else. */
const WRITER_RIGHTS = [
  { actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: ['acme/shop/*'] },
  { actions: ['s3:GetObject'], resources: ['acme/shop/*/manifest.json', 'acme/shop/*/index.zst.enc'] },
  { actions: ['s3:ListBucket'], resources: ['acme'] },
]

const versitygw = await requirePart('versitygw')

versitygw.describe('a bucket that locks', () => {
  let server: S3Server
  let scene: Scene
  let source: string
  const full = (inputs: Record<string, string>) =>
    scene.backup(`- files: { paths: [${source}] }`, { inputs: { type: 'full', ...inputs } })

  beforeAll(async () => {
    server = await startS3(versitygw.path, [], { locked: ['acme'] })
    scene = await openS3Scene(server)
    source = makeTree(join(scene.folder, 'source'), { a: 6 * MIB })
  })
  afterAll(async () => {
    await scene.close()
    await server.close()
  })

  test.each(['governance', 'compliance'])(
    'by %s: what retention would remove is retained, and no delete marker lies over it',
    async (mode) => {
      const inputs = { set: mode, 'object-lock': mode, 'lock-days': '1' }
      const old = idOf(succeeded(await full(inputs)))
      const free = idOf(succeeded(await full({ ...inputs, 'object-lock': 'none' })))
      const newest = idOf(succeeded(await full(inputs)))
      const before = await versions(server, `${mode}/${old}/`)
      expect(before).toMatchObject({ objects: 4, markers: 0 })
      const pruned = succeeded(await scene.mode('prune', { ...inputs, ...KEEP_ONE }))
      expect(pruned.outputs).toMatchObject({ result: 'ok' })
      expect(pruned.summary).toMatch(new RegExp(`${old}.*retained by its lock`))
      expect(pruned.summary).toMatch(new RegExp(`${free}.*removed`))
      expect(await versions(server, `${mode}/${old}/`)).toEqual(before)
      expect(await versions(server, `${mode}/${free}/`)).toEqual({ objects: 0, markers: 0 })
      expect(await restored(scene, newest, source, { set: mode })).toBe(contentOf(source))
    },
    60_000,
  )
})

async function versions(server: S3Access, prefix: string): Promise<{ objects: number; markers: number }> {
  const query = `prefix=${encodeURIComponent(prefix)}&versions=`
  const xml = await signedRequest(server, { method: 'GET', path: '/acme', query })
  return { objects: xml.split('<Version>').length - 1, markers: xml.split('<DeleteMarker>').length - 1 }
}

versitygw.describe('a writer who may only put, list, and read manifests and indexes', () => {
  let server: S3Server
  let scene: Scene
  let source: string
  const steps: Step[] = []
  const reports: string[] = []
  const secrets = {
    inUrl: 'url-secret-8f2a',
    token: 'token-secret-77aa',
    mark: 'content-nobody-may-read',
  }
  const env = { SHOP_TOKEN: secrets.token, DUMP_URL: `https://user:${secrets.inUrl}@db.example/x` }
  const sources = () => `
- files: { paths: [${source}] }
- command: { name: dump, run: [sh, -c, 'sleep 0.2; echo "$SHOP_TOKEN $DUMP_URL" | wc -c; echo said: "$DUMP_URL" >&2'] }
`

  beforeAll(async () => {
    server = await startS3(versitygw.path, ['acme'], {
      users: { [WRITER.accessKey]: WRITER },
      policies: { acme: WRITER_RIGHTS.map((rights) => ({ user: WRITER.accessKey, ...rights })) },
    })
    scene = await openS3Scene(server, {}, WRITER)
    source = makeTree(join(scene.folder, 'secret-source'), { large: 11 * MIB })
    writeFileSync(join(source, 'named-secretly'), secrets.mark.repeat(1000))
  })
  afterAll(async () => {
    await scene.close()
    await server.close()
  })

  async function backUp(what: string): Promise<Step> {
    const step = await scene.backup(what, {
      env,
      laterSteps: ({ outputs }) => void reports.push(readFileSync(outputs['report-path'] ?? '', 'utf8')),
    })
    steps.push(step)
    return step
  }

  test('makes full and incremental backups', async () => {
    const full = succeeded(await backUp(sources()))
    expect(full.outputs).toMatchObject({ type: 'full', result: 'ok' })
    writeFileSync(join(source, 'more'), secrets.mark)
    const incremental = succeeded(await backUp(sources()))
    expect(incremental.outputs).toMatchObject({ type: 'incremental', result: 'ok' })
    const failing = await backUp(`- command: { name: x, run: [sh, -c, 'echo "no way to $DUMP_URL" >&2; exit 1'] }`)
    expect(failing).toMatchObject({ conclusion: 'failure', reason: 'source-failed' })
    expect(failing.log.join('\n')).toContain('no way to')
    const owner = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey }
    const target = join(scene.folder, 'target')
    succeeded(await scene.mode('restore', { 'restore-to': target }, { env: owner }))
    expect(contentOf(join(target, source))).toBe(contentOf(source))
  }, 60_000)

  test('tells no secret: not in log, summary, outputs, report, process lists or the store', async () => {
    const hidden = [secrets.inUrl, secrets.token, secrets.mark, INDEX_KEY, WRITER.secretKey, scene.identity]
    const told = steps.map(({ log, rawLog, summary, outputs, processes, state }) =>
      JSON.stringify([
        log,
        rawLog.filter((line) => !line.startsWith('::add-mask::')),
        summary,
        outputs,
        processes,
        state,
      ]),
    )
    expect(found(server.folder, 'ondol-backup')).toContain('manifest.json')
    expect(reports).toHaveLength(3)
    for (const secret of hidden) {
      expect([...told, ...reports].filter((text) => text.includes(secret))).toEqual([])
      expect(found(server.folder, secret)).toBe('')
    }
    expect(found(server.folder, 'named-secretly')).toBe('')
    expect(steps.flatMap(({ processes }) => processes).some((line) => /\btar\b/.test(line))).toBe(true)
  })

  test('can decrypt no data, even if it could read it', async () => {
    const owner = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey }
    const target = join(scene.folder, 'unopened')
    const step = await scene.mode('restore', { 'restore-to': target, identity: '' }, { env: owner })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'wrong-key' })
    const runner = await indexIdentity(INDEX_KEY)
    const objects = execFileSync('find', [server.folder, '-name', '*.zst.*', '-size', '+0'], { encoding: 'utf8' })
    const opened = await Promise.all(
      objects
        .trim()
        .split('\n')
        .map((path) => opens(path, runner)),
    )
    expect(opened.filter(({ path }) => path.includes('/data/')).map(({ opens }) => opens)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(opened.filter(({ path }) => path.endsWith('index.zst.enc')).map(({ opens }) => opens)).toEqual([true, true])
  })
})

async function opens(path: string, identity: AgeIdentity): Promise<{ path: string; opens: boolean }> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const opened = await decrypter.decrypt(readFileSync(path)).then(
    () => true,
    () => false,
  )
  return { path, opens: opened }
}

/** Files below a folder that hold the text. */
function found(folder: string, text: string): string {
  try {
    return execFileSync('grep', ['-rlaF', text, folder], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
