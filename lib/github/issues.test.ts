import { describe, expect, test } from '@jest/globals'
import type { FaultRule, Permissions } from '../../lab/github/index.ts'
import { expectNoViolations, openScene, type Scene } from '../../lab/github/support/lab.ts'
import { githubOf } from './fixtures/client.ts'
import { sign } from './fixtures/thread.ts'
import { type Kept, keepIssue, type Revise, type Revision, type Subject } from './issues.ts'
import { writeMarker } from './marker.ts'

const SUBJECT: Subject = { kind: 'terraform-apply', key: 'drift prod', sign, title: 'Drift: prod' }

/** An issue with that text, which is written again only when the text is another one. */
const saying =
  (text: string, change: Partial<Revision> = {}): Revise =>
  (issue) =>
    issue?.fields['text'] === text && issue.state === (change.state ?? 'open')
      ? undefined
      : { state: 'open', body: text, fields: { text }, remark: undefined, ...change }

/** A run of the scene, and what it does to the issue. */
function runIn(scene: Scene, permissions?: Permissions) {
  const { headSha } = scene.pullRequest
  const run = scene.repository.run({ event: 'schedule', headSha, actor: 'author', ...(permissions && { permissions }) })
  const keep = (revise: Revise, subject: Subject = SUBJECT): Promise<Kept> =>
    keepIssue(githubOf(scene, run), subject, { run: run.id, attempt: run.attempt }, revise)
  return { run, keep }
}

const issuesOf = ({ repository }: Scene) => repository.issues.filter(({ pullRequest }) => pullRequest === null)
const textsOf = (scene: Scene) => issuesOf(scene).map(({ body }) => body?.slice(body.indexOf('\n') + 1))
const writesOf = ({ lab }: Scene): string[] =>
  lab.requests.filter(({ method, path }) => method !== 'GET' && path !== '/graphql').map(({ method }) => method)

describe('an issue', () => {
  test('is opened, left alone, rewritten, closed and opened again', async () => {
    const scene = await openScene()
    const did = async (revise: Revise) => runIn(scene).keep(revise)
    const url = expect.stringMatching(/\/issues\/2$/)
    expect(await did(() => undefined)).toEqual({ kind: 'none' })
    expect(await did(saying('one'))).toEqual({ kind: 'kept', did: 'opened', number: 2, url })
    expect(await did(saying('one'))).toMatchObject({ did: 'nothing', url })
    expect(await did(saying('two'))).toMatchObject({ did: 'changed' })
    expect(issuesOf(scene)).toMatchObject([{ title: 'Drift: prod', author: { login: 'github-actions[bot]' } }])
    expect(await did(saying('two', { state: 'closed' }))).toMatchObject({ did: 'closed' })
    expect(issuesOf(scene)).toMatchObject([{ state: 'closed', stateReason: 'completed' }])
    expect(await did(saying('three'))).toMatchObject({ did: 'reopened' })
    expect(textsOf(scene)).toEqual(['three'])
    expect(writesOf(scene)).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH'])
    expectNoViolations(scene.lab)
  })

  test('is shown as it is: state, reason, text and fields', async () => {
    const scene = await openScene()
    await runIn(scene).keep(saying('text'))
    Object.assign(issuesOf(scene)[0] ?? {}, { state: 'closed', stateReason: 'not_planned' })
    const seen: Parameters<Revise>[0][] = []
    await runIn(scene).keep((issue) => {
      seen.push(issue)
      return undefined
    })
    expect(seen).toMatchObject([
      { number: 2, state: 'closed', reason: 'not_planned', body: 'text', fields: { text: 'text' } },
    ])
  })

  test('keeps a title, labels and comments that people gave it', async () => {
    const scene = await openScene()
    await runIn(scene).keep(saying('one'))
    Object.assign(issuesOf(scene)[0] ?? {}, { title: 'Known', labels: [scene.repository.label('infra')] })
    scene.repository.comment(2, 'reviewer', 'It is I.')
    await runIn(scene).keep(saying('two'))
    expect(issuesOf(scene)).toMatchObject([
      { title: 'Known', labels: [{ name: 'infra' }], comments: [{ body: 'It is I.' }] },
    ])
  })

  test('of another subject, another key, another author, or a pull request is none of ours', async () => {
    const scene = await openScene()
    await runIn(scene).keep(saying('other'), { ...SUBJECT, key: 'drift staging' })
    await runIn(scene).keep(saying('unsigned'), { ...SUBJECT, sign: undefined })
    const marker = writeMarker({ kind: SUBJECT.kind, fields: { key: SUBJECT.key, run: '1', attempt: '1' } }, sign)
    scene.repository.openIssue({ title: 'x', body: `${marker}\nforged`, author: 'outsider' })
    scene.pullRequest.issue.body = `${marker}\npull request`
    expect(await runIn(scene).keep(() => undefined)).toEqual({ kind: 'none' })
  })

  test('is left alone by an older run, also by an older attempt', async () => {
    const scene = await openScene()
    const [older, newer] = [runIn(scene), runIn(scene)]
    await newer.keep(saying('newer'))
    expect(await older.keep(saying('older'))).toMatchObject({ kind: 'newer-run', number: 2, run: newer.run.id })
    expect(textsOf(scene)).toEqual(['newer'])
  })

  test('tells of a turn in one comment, however often that is tried', async () => {
    const scene = await openScene()
    await runIn(scene).keep(saying('one'))
    const closing = saying('one', { state: 'closed', remark: { key: 'round 2', body: 'All is well.' } })
    scene.lab.faults.add({ method: 'POST', path: /comments$/, times: 1, fault: { kind: 'reset-after-write' } })
    scene.lab.faults.add({ method: 'PATCH', path: /issues\/2$/, times: 1, fault: { kind: 'status', status: 422 } })
    await expect(runIn(scene).keep(closing)).rejects.toMatchObject({ status: 422 })
    expect(await runIn(scene).keep(closing)).toMatchObject({ did: 'closed' })
    expect(issuesOf(scene)).toMatchObject([
      { state: 'closed', comments: [{ body: expect.stringMatching(/\nAll is well\.$/) }] },
    ])
  })
})

describe('one issue', () => {
  const POST = { method: 'POST', path: /\/issues$/ }
  test.each<{ what: string; rule: FaultRule }>([
    { what: 'a 500', rule: { ...POST, times: 2, fault: { kind: 'status', status: 500 } } },
    { what: 'a broken connection', rule: { ...POST, times: 1, fault: { kind: 'reset' } } },
    { what: 'a lost reply', rule: { ...POST, times: 1, fault: { kind: 'reset-after-write' } } },
    { what: 'a limit', rule: { ...POST, times: 1, fault: { kind: 'secondary-limit', retryAfter: 1 } } },
    {
      what: '503 for lists',
      rule: { method: 'GET', path: /\/issues/, times: 2, fault: { kind: 'status', status: 503 } },
    },
    {
      what: 'a lost reply to an edit',
      rule: { method: 'PATCH', path: /./, times: 1, fault: { kind: 'reset-after-write' } },
    },
  ])('after $what', async ({ rule }) => {
    const scene = await openScene()
    scene.lab.faults.add(rule)
    await runIn(scene).keep(saying('one'))
    await runIn(scene).keep(saying('two'))
    expect(textsOf(scene)).toEqual(['two'])
  })

  test.each([2, 5])('of %i runs at once, the lowest number; the others are closed as its duplicates', async (count) => {
    const scene = await openScene()
    scene.lab.faults.add({ ...POST, times: count, fault: { kind: 'slow', ms: 100 } })
    const runs = Array.from({ length: count }, () => runIn(scene))
    await Promise.all(runs.map(({ keep }) => keep(saying('same'))))
    const [first, ...others] = issuesOf(scene)
    expect(first).toMatchObject({ number: 2, state: 'open', comments: [] })
    expect(others).toHaveLength(count - 1)
    for (const other of others) {
      expect(other).toMatchObject({ state: 'closed', stateReason: 'duplicate', comments: [] })
      expect(other.body).toMatch(/\nDuplicate of #2$/)
    }
    expect(await runIn(scene).keep(saying('same'))).toMatchObject({ did: 'nothing', number: 2 })
    expectNoViolations(scene.lab)
  })

  test('a list that lags behind does not make a second', async () => {
    const scene = await openScene()
    const { run } = runIn(scene)
    const github = githubOf(scene, run)
    const lagging = { ...github, paginate: Object.assign(async () => [], github.paginate) }
    const writer = { run: run.id, attempt: 1 }
    expect(await keepIssue(lagging, SUBJECT, writer, saying('one'))).toMatchObject({ did: 'opened' })
    expect(textsOf(scene)).toEqual(['one'])
  })
})

describe('where no issue can be written', () => {
  test.each<[string, Permissions]>([
    ['no permission', { contents: 'read' }],
    ['the permission to read', { contents: 'read', issues: 'read' }],
  ])('%s', async (_, permissions) => {
    const scene = await openScene()
    expect(await runIn(scene, permissions).keep(saying('one'))).toEqual({ kind: 'unavailable' })
    expect(issuesOf(scene)).toEqual([])
  })

  test('issues are switched off', async () => {
    const scene = await openScene()
    scene.lab.faults.add({ method: 'POST', path: /\/issues$/, fault: { kind: 'status', status: 410 } })
    expect(await runIn(scene).keep(saying('one'))).toEqual({ kind: 'unavailable' })
  })

  test('a text that is refused is an error at once, a GitHub that stays down in the end', async () => {
    const scene = await openScene()
    await expect(runIn(scene).keep(saying('x'.repeat(65_537)))).rejects.toMatchObject({ status: 422 })
    expect(writesOf(scene)).toEqual(['POST'])
    scene.lab.faults.add({ method: 'GET', path: /\/issues/, fault: { kind: 'status', status: 502 } })
    await expect(runIn(scene).keep(saying('one'))).rejects.toMatchObject({ status: 502 })
  })
})
