import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openScene, type Scene, type Step } from './support/scene.ts'

describe('a chain of backups of a folder', () => {
  let scene: Scene
  let source: string
  const moments: { step: Step; copy: string }[] = []
  const sources = () => `- files: { paths: [${source}], exclude: ['*.sock'] }`

  async function backUp(type: string): Promise<Step> {
    const copy = join(scene.folder, `moment-${moments.length}`)
    execFileSync('cp', ['-a', source, copy])
    const step = await scene.backup(sources(), { inputs: { type } })
    expect(step.conclusion === 'success' && step.outputs['result'] === 'ok' ? [] : step.log).toEqual([])
    moments.push({ step, copy })
    return step
  }

  beforeAll(async () => {
    scene = await openScene()
    source = join(scene.folder, 'www')
    mkdirSync(join(source, 'pages', 'old'), { recursive: true })
    for (let index = 0; index < 40; index++)
      writeFileSync(join(source, 'pages', `page-${index}.html`), `<p>${index}</p>`.repeat(2000))
    writeFileSync(join(source, 'pages', 'old', 'a'), 'old')
    writeFileSync(join(source, 'config'), 'one', { mode: 0o640 })
    symlinkSync('config', join(source, 'link'))
  })
  afterAll(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  test('full, incremental, differential, incremental', async () => {
    const full = await backUp('auto')
    expect(full.outputs).toMatchObject({ type: 'full', files: '43' })
    writeFileSync(join(source, 'config'), 'two, longer')
    rmSync(join(source, 'pages', 'page-0.html'))
    const incremental = await backUp('auto')
    expect(incremental.outputs).toMatchObject({ type: 'incremental', files: '42' })
    expect(Number(incremental.outputs['bytes-read'])).toBeLessThan(Number(full.outputs['bytes-read']) / 2)
    renameSync(join(source, 'pages', 'old'), join(source, 'pages', 'older'))
    symlinkSync('older', join(source, 'pages', 'old'))
    expect((await backUp('differential')).outputs).toMatchObject({ type: 'differential' })
    rmSync(join(source, 'link'))
    mkdirSync(join(source, 'link'))
    utimesSync(join(source, 'config'), 1_000_000_000, 1_000_000_000)
    expect((await backUp('incremental')).outputs).toMatchObject({ type: 'incremental' })
  }, 60_000)

  test('each restores to its moment', async () => {
    for (const [index, { step, copy }] of moments.entries()) {
      const target = join(scene.folder, `restored-${index}`)
      const restored = await scene.mode('restore', {
        'backup-id': step.outputs['backup-id'] ?? '',
        'restore-to': target,
      })
      expect(restored.conclusion === 'success' ? [] : restored.log).toEqual([])
      execFileSync('diff', ['-r', '--no-dereference', copy, join(target, source)])
      expect(listing(join(target, source))).toBe(listing(copy))
    }
  }, 60_000)

  test('nothing of names, paths or content is in the store', () => {
    const files = execFileSync('find', [scene.store, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')
    for (const file of files) expect(readFileSync(file, 'latin1')).not.toMatch(/page-|www|config/)
    const names = execFileSync('find', [scene.store], { encoding: 'utf8' })
    expect(names).not.toMatch(/www|page|config/)
  })

  test('verify finds them sound, status too, list shows them', async () => {
    const verified = await scene.mode('verify')
    expect(verified).toMatchObject({ conclusion: 'success', outputs: { result: 'ok' } })
    const status = await scene.mode('status', { workflow: '.github/workflows/backup.yml' })
    expect(status).toMatchObject({ conclusion: 'success', outputs: { result: 'ok' } })
    expect(Number(status.outputs['age-seconds'])).toBeLessThan(120)
    const listed = await scene.mode('list')
    expect(listed.summary).toContain(moments[0]?.step.outputs['backup-id'])
    expect(listed.summary).toContain('xychart-beta')
  })

  test('one flipped bit is found, with an identity and without', async () => {
    const id = moments[0]?.step.outputs['backup-id'] ?? ''
    const object = join(scene.store, 'shop', id, 'data', '1-files.1.tar.zst.age')
    const kept = join(scene.folder, 'kept')
    cpSync(object, kept)
    const bytes = readFileSync(object)
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1
    writeFileSync(object, bytes)
    for (const identity of [scene.identity, '']) {
      const verified = await scene.mode('verify', { identity })
      expect(verified).toMatchObject({ conclusion: 'failure', reason: 'corrupt' })
      expect(verified.log.join('\n')).toContain('1-files.1.tar.zst.age')
    }
    cpSync(kept, object)
    expect((await scene.backup(sources())).outputs).toMatchObject({ type: 'full' })
  }, 60_000)
})

/** Types, modes, owners, sizes and times to the nanosecond. */
function listing(folder: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %m %U:%G %s %T@ %l\n'], { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .map((line) => line.replace(/^(\S+ d \S+ \S+) \d+/, '$1'))
    .sort()
    .join('\n')
}
