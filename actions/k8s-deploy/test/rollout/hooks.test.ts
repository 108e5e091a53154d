import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { requireCluster } from '../../../../lab/cluster/require-cluster.ts'
import { refOf } from '../../src/kube/objects.ts'
import { type HooksResult, runHooks } from '../../src/rollout/hooks.ts'
import { type OwnNamespace, openNamespace } from '../support/own-namespace.ts'
import { app, job, manifest } from './field.ts'

const describeCluster = await requireCluster()

describeCluster('hooks', () => {
  let field: OwnNamespace
  beforeAll(async () => {
    field = await openNamespace('rollout')
  })
  afterAll(() => field.close())

  async function run(jobs: object[], timeoutMs = 40_000): Promise<{ result: HooksResult; lines: string[] }> {
    const lines: string[] = []
    const result = await runHooks(
      field.cluster,
      jobs.map((object) => manifest(field.namespace, object, 7)),
      {
        app,
        namespace: field.namespace,
        fieldManager: 'ondol',
        force: false,
        deployedAt: field.cluster.now(),
        timeoutMs,
        signal: new AbortController().signal,
        onLine: ({ container, line }) => lines.push(`${container}: ${line}`),
      },
    )
    return { result, lines }
  }

  test('run one after the other, anew each time, and their logs follow', async () => {
    const say = (text: string) => ({ command: ['sh', '-c', `echo ${text} begins; sleep 1; echo ${text} ends`] })
    const first = await run([job('one', say('one')), job('two', say('two'))])
    expect(first).toEqual({
      result: { kind: 'done' },
      lines: ['main: one begins', 'main: one ends', 'main: two begins', 'main: two ends'],
    })
    const ref = refOf(manifest(field.namespace, job('one')).object)
    const uid = (await field.cluster.get(ref))?.metadata.uid
    const again = await run([job('one', say('one'))])
    expect(again.lines).toEqual(['main: one begins', 'main: one ends'])
    expect((await field.cluster.get(ref))?.metadata.uid).not.toBe(uid)
  })

  test('a failed one ends it, with its last lines although its pod is gone', async () => {
    const hangs = { command: ['sh', '-c', 'echo "waiting for the lock"; sleep 1000'] }
    const { result } = await run([job('locked', hangs, { activeDeadlineSeconds: 5 }), job('never')])
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason: 'hook-failed', object: { name: 'locked' }, source: { line: 7 } },
      evidence: [{ logs: [{ container: 'main', text: 'waiting for the lock' }] }],
    })
    expect(await field.cluster.get(refOf(manifest(field.namespace, job('never')).object))).toBeUndefined()
  })

  test('one whose image is not there fails long before its time is over', async () => {
    const { result } = await run([job('no-image', { image: 'ghcr.io/acme/no-such-tool:v1' })], 300_000)
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason: 'hook-failed', message: expect.stringContaining('no-such-tool:v1') },
    })
  })

  test('one that does not end is told by its time', async () => {
    const { result, lines } = await run([job('slow', { command: ['sh', '-c', 'echo working; sleep 1000'] })], 4_000)
    expect(lines).toEqual(['main: working'])
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason: 'hook-failed', message: expect.stringMatching(/^Hook Job `slow` did not end in time: /) },
      evidence: [{ logs: [{ text: 'working' }] }],
    })
  })

  test('a Job of the same name that is not of the app stays', async () => {
    const { object } = manifest(field.namespace, job('theirs'))
    const theirs = { ...object, metadata: { ...object.metadata, labels: { team: 'other' } } }
    const { uid } = (await field.cluster.create(theirs)).metadata
    await expect(run([job('theirs', { command: ['true'] })])).rejects.toMatchObject({ reason: 'conflict' })
    expect((await field.cluster.get(refOf(object)))?.metadata.uid).toBe(uid)
  })
})
