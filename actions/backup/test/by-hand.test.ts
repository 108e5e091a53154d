import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { type S3Server, startS3 } from '../../../lab/s3/versitygw.ts'
import { contentOf, pathOf, runBare, shellBlocks } from './support/bare-shell.ts'
import { blocksOf, commandsFor, problemsOf, workFolder } from './support/by-hand.ts'
import { INDEX_KEY, openScene, type Scene } from './support/scene.ts'

const age = await requirePart('age')
const versitygw = await requirePart('versitygw')
const openssl = await requirePart('openssl')

interface Moment {
  id: string
  copy: string
}

/** A tree that goes full → incremental → incremental, with deletions and changes of type; then the source is gone. */
async function makeChain(scene: Scene, env: Record<string, string>): Promise<{ source: string; moments: Moment[] }> {
  const source = join(scene.folder, 'www')
  const outside = scene.folderFor('outside')
  writeFileSync(join(outside, 'keep'), 'not ours')
  const at = (name: string): string => join(source, name)
  const write = (name: string, text: string): void => {
    mkdirSync(resolve(at(name), '..'), { recursive: true })
    writeFileSync(at(name), text)
  }
  const moments: Moment[] = []
  const backUp = async (type: string): Promise<void> => {
    const copy = join(scene.folder, `moment-${moments.length}`)
    execFileSync('cp', ['-a', source, copy])
    const step = await scene.backup(`- files: { paths: [${source}] }`, { inputs: { type }, env })
    expect(problemsOf(step)).toEqual([])
    moments.push({ id: step.outputs['backup-id'] ?? '', copy })
  }

  write('index.html', '<p>one</p>'.repeat(1000))
  write('-rf', 'a name like an option')
  write('new\nline', 'a name of two lines')
  write('old/a', 'goes with its folder')
  write('becomes-folder', 'file')
  write('sparse', 'head')
  truncateSync(at('sparse'), 3_000_000)
  linkSync(at('index.html'), at('same'))
  symlinkSync(outside, at('link'))
  chmodSync(at('old'), 0o2750)
  for (const name of ['old', '.']) utimesSync(at(name), 1_700_000_000.25, 1_700_000_000.25)
  await backUp('full')

  for (const name of ['-rf', 'new\nline', 'link', 'becomes-folder']) rmSync(at(name))
  rmSync(at('old'), { recursive: true })
  write('link/keep', 'ours')
  write('becomes-folder/x', 'inside')
  writeFileSync(at('index.html'), 'two')
  utimesSync(at('.'), 1_700_000_100, 1_700_000_100)
  await backUp('incremental')

  rmSync(at('becomes-folder'), { recursive: true })
  symlinkSync('link', at('becomes-folder'))
  rmSync(at('same'))
  write('new', 'added')
  await backUp('incremental')
  rmSync(source, { recursive: true })
  return { source, moments }
}

age.describe('by hand, with age, zstd and tar, from a folder', () => {
  let scene: Scene
  let source: string
  let moments: Moment[]
  beforeAll(async () => {
    scene = await openScene()
    ;({ source, moments } = await makeChain(scene, {}))
  }, 60_000)
  afterAll(() => scene.close())

  test.each([0, 1, 2])('backup %d of the chain, by the document', (number) => {
    const { id, copy } = moments[number] ?? { id: '', copy: '' }
    const folder = workFolder(scene)
    const { status, stderr, stdout } = runBare(commandsFor(id, { marks: 'cp -R', from: scene.store }), { folder })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain(
      `In this order: ${moments
        .slice(0, number + 1)
        .map((each) => each.id)
        .join(' ')}\n`,
    )
    expect(contentOf(join(folder, 'restored/1-files', source))).toBe(contentOf(copy))
    expect(readFileSync(join(folder, 'files.tsv'), 'latin1')).toContain(`${source.slice(1)}/index.html\tf\t`)
    expect(readFileSync(join(scene.folder, 'outside/keep'), 'utf8')).toBe('not ours')
  })

  test.each([0, 1, 2])('backup %d of the chain, by its own RESTORE.md', (number) => {
    const { id, copy } = moments[number] ?? { id: '', copy: '' }
    const folder = workFolder(scene)
    const text = readFileSync(join(scene.store, 'shop', id, 'RESTORE.md'), 'utf8')
    const { status, stderr } = runBare(shellBlocks(text).join(''), { folder })
    expect([status, stderr]).toEqual([0, ''])
    expect(contentOf(join(folder, 'restored/1-files', source))).toBe(contentOf(copy))
  })

  test('an object that was changed stops it before anything is unpacked', () => {
    const [{ id } = { id: '' }] = moments
    const folder = workFolder(scene)
    const store = join(folder, 'store')
    execFileSync('cp', ['-R', scene.store, store])
    writeFileSync(join(store, 'shop', id, 'data/1-files.1.tar.zst.age'), 'x', { flag: 'a' })
    const { status, stderr } = runBare(commandsFor(id, { marks: 'cp -R', from: store }), { folder })
    expect(status).not.toBe(0)
    expect(stderr).toContain('sha256sum: WARNING: 1 computed checksum did NOT match')
    expect(existsSync(join(folder, 'restored'))).toBe(false)
  })
})

openssl.describe('by hand, with openssl', () => {
  test('a manifest is told from one that was changed', async () => {
    const scene = await openScene()
    try {
      writeFileSync(join(scene.folderFor('www'), 'page'), 'one')
      const step = await scene.backup(`- files: { paths: [${join(scene.folder, 'www')}] }`)
      const folder = join(scene.store, 'shop', step.outputs['backup-id'] ?? '')
      const [check = ''] = blocksOf('backup-format.md').filter((block) => block.startsWith('key='))
      const told = () => runBare(check, { folder, programs: [openssl.path, pathOf('grep')], env: { INDEX_KEY } }).stdout
      expect(told()).toBe('authentic\n')
      const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8')
      writeFileSync(join(folder, 'manifest.json'), manifest.replace('"files":1', '"files":2'))
      expect(told()).toBe('')
    } finally {
      await scene.close()
    }
  })
})

versitygw.describe('by hand, with curl, from a real S3 server', () => {
  let server: S3Server
  let scene: Scene
  let source: string
  let moments: Moment[]
  let env: Record<string, string>
  const curl = pathOf('curl')
  beforeAll(async () => {
    server = await startS3(versitygw.path, ['acme-backups'])
    env = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey }
    scene = await openScene({ bucket: 'acme-backups', prefix: 'p/q', endpoint: server.endpoint, region: 'us-east-1' })
    ;({ source, moments } = await makeChain(scene, env))
  }, 60_000)
  afterAll(async () => {
    await scene.close()
    await server.close()
  })

  test('the end of the chain, by the document, then by RESTORE.md from what was downloaded', () => {
    const { id, copy } = moments[2] ?? { id: '', copy: '' }
    const folder = workFolder(scene)
    const from = `${server.endpoint}/acme-backups/p/q`
    const commands = commandsFor(id, { marks: 'curl', from, region: 'us-east-1' })
    const { status, stderr } = runBare(commands, { folder, programs: [curl], env })
    expect([status, stderr]).toEqual([0, ''])
    expect(contentOf(join(folder, 'restored/1-files', source))).toBe(contentOf(copy))

    rmSync(join(folder, 'restored'), { recursive: true })
    const text = readFileSync(join(folder, id, 'RESTORE.md'), 'utf8')
    const [download = '', ...others] = shellBlocks(text)
    expect(download).toContain(`aws s3 cp --recursive --endpoint-url '${server.endpoint}' --region 'us-east-1'`)
    expect(runBare(`set -euo pipefail\n${others.join('')}`, { folder })).toMatchObject({ status: 0, stderr: '' })
    expect(contentOf(join(folder, 'restored/1-files', source))).toBe(contentOf(copy))
  })
})
