// A runner that is killed (SIGKILL) at random moments of a backup, and what must be true afterwards.
import { createHash, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { type Bucket, type FakeS3, startFakeS3 } from '../../../../lab/s3/fake/index.ts'
import { contentOf } from './bare-shell.ts'
import { backupsIn, idOf, MIB, makeTree, openS3Scene, restored, succeeded } from './s3.ts'
import type { Scene, Step } from './scene.ts'

/** So that there are several uploads, some of which are under way at any moment. */
const SLOWLY = { 'bandwidth-limit': '10MiB', concurrency: '2' }

interface Stage {
  scene: Scene
  server: FakeS3
  bucket: Bucket
  /** Gets a copy of each backup. */
  copies: Bucket
  sources: string
  /** The folder whose content counts. */
  source: string
  /** What each backup has to give back, by id. */
  contents: Map<string, string>
}

/** Kills as many runs as asked for, evenly spread over what a run takes and at random within; every second one an incremental one. */
export async function killAtRandom(kills: number, seed = randomInt(2 ** 31)): Promise<void> {
  const server = await startFakeS3()
  const copyTo = `s3://copies/second?endpoint=${server.endpoint}&region=us-east-1`
  const scene = await openS3Scene(server, { 'copy-to': copyTo })
  const source = join(scene.folder, 'source')
  const command = `- command: { name: random, run: [head, --bytes=${6 * MIB}, /dev/urandom] }`
  const sources = `- files: { paths: [${source}] }\n${command}`
  const buckets = { bucket: server.bucket('acme'), copies: server.bucket('copies') }
  const stage = { scene, server, ...buckets, sources, source, contents: new Map<string, string>() }
  try {
    change(stage)
    const whole = await backUpFor(stage, Number.POSITIVE_INFINITY, SLOWLY)
    stage.contents.set(idOf(succeeded(whole.step)), contentOf(stage.source))
    const ended: (NodeJS.Signals | null)[] = []
    for (let index = 0; index < kills; index++) {
      const ms = Math.round((whole.lastedMs * (index + randomOf(seed, index))) / kills)
      process.stdout.write(
        `seed ${seed}: kill ${index + 1} of ${kills} after ${ms} of ${Math.round(whole.lastedMs)} ms\n`,
      )
      ended.push(await killAndGoOn(stage, ms, index % 2 === 0 ? 'full' : 'auto'))
    }
    expect(ended.filter((signal) => signal === 'SIGKILL').length).toBeGreaterThan(kills / 2)
    await expectAllRestored(stage)
    expect(server.violations).toEqual([])
  } finally {
    await scene.close()
    await server.close()
  }
}

/** @returns how the run ended that was to be killed: it may have been faster */
async function killAndGoOn(stage: Stage, ms: number, type: string): Promise<NodeJS.Signals | null> {
  const { scene, bucket, copies, sources } = stage
  change(stage)
  const { step: killed } = await backUpFor(stage, ms, { ...SLOWLY, type })
  expect(killed.orphans).toEqual([])
  expect(killed.post).toMatchObject({ conclusion: 'success', annotations: [] })
  expect(killed.tempLeft).toEqual([])
  expect([...bucket.uploads.values(), ...copies.uploads.values()]).toEqual([])
  remember(stage)
  succeeded(await scene.backup(sources))
  expect(remember(stage)).toBe(1)
  return killed.signal
}

/**
 * Makes a backup, and kills it so long after its first request: before that a run has done nothing.
 *
 * @returns also how long it lasted from then on
 */
async function backUpFor(
  { scene, server, sources }: Stage,
  ms: number,
  inputs: Record<string, string>,
): Promise<{ step: Step; lastedMs: number }> {
  const kill = new AbortController()
  let startedAt = Number.NaN
  let lastedMs = Number.NaN
  server.requests.splice(0)
  const watch = setInterval(() => {
    if (Number.isNaN(startedAt) && server.requests.length > 0) startedAt = performance.now()
    if (performance.now() - startedAt >= ms) kill.abort()
  }, 1)
  const laterSteps = (): void => {
    clearInterval(watch)
    lastedMs = performance.now() - startedAt
  }
  const step = await scene.backup(sources, { inputs, kill: kill.signal, laterSteps })
  return { step, lastedMs }
}

/** A part of the content is new. */
function change({ source }: Stage): void {
  makeTree(source, { [`large-${randomInt(2)}`]: 6 * MIB, [`small/${randomInt(20)}`]: randomInt(1000) })
}

/** Backups that weren't there before hold what the sources hold now. @returns how many they are */
function remember(stage: Stage): number {
  const fresh = backupsIn(stage.bucket).filter((id) => !stage.contents.has(id))
  for (const id of fresh) stage.contents.set(id, contentOf(stage.source))
  return fresh.length
}

/** No manifest, no backup; and every one that is listed gives back what was there. */
async function expectAllRestored({ scene, source, contents }: Stage): Promise<void> {
  const list = succeeded(await scene.mode('list'))
  expect(list.outputs['result']).toBe('ok')
  const rows = list.log.flatMap((line) => /^(\S+) (?:full|incremental)\b/.exec(line)?.[1] ?? [])
  expect(rows.toSorted()).toEqual([...contents.keys()].sort())
  for (const [id, content] of contents) expect(await restored(scene, id, source)).toBe(content)
}

/** From 0 to 1, the same for the same seed. */
function randomOf(seed: number, index: number): number {
  return createHash('sha256').update(`${seed} ${index}`).digest().readUInt32BE() / 2 ** 32
}
