import { describe, expect, test } from '@jest/globals'
import { expectNoViolations } from '../../lab/github/support/lab.ts'
import { digest, keyedDigest } from '../crypto/fingerprint.ts'
import { publish } from './comments.ts'
import { openThread, sign, textsOf, writesOf } from './fixtures/thread.ts'
import { readMarker, writeMarker } from './marker.ts'
import { viewerLogin } from './own-comments.ts'

describe('publishing', () => {
  test('writes one comment, then edits it, then leaves it alone', async () => {
    const { scene, startRun } = await openThread()
    const first = await startRun().write(['first'])
    expect(first).toEqual({ kind: 'published', url: expect.stringMatching(/#issuecomment-\d+$/) })
    expect(await startRun().write(['second'])).toEqual(first)
    expect(await startRun().write(['second'])).toEqual(first)
    expect(textsOf(scene)).toEqual(['second'])
    expect(writesOf(scene)).toEqual(['POST', 'PATCH'])
    expectNoViolations(scene.lab)
  })

  test('grows into continuations, and shrinks again', async () => {
    const { scene, startRun } = await openThread()
    await startRun().write(['a1'])
    await startRun().write(['a1', 'a2', 'a3'])
    expect(textsOf(scene)).toEqual(['a1', 'a2', 'a3'])
    await startRun().write(['b1', 'b2'])
    expect(textsOf(scene)).toEqual(['b1', 'b2'])
    await startRun().write(['c1'])
    expect(textsOf(scene)).toEqual(['c1'])
  })

  test('a new comment for each run, one for the attempts of none', async () => {
    const { scene, startRun } = await openThread()
    const run = startRun()
    await run.write(['one'], 'new')
    await run.write(['one more'], 'new')
    await startRun().write(['two'], 'new')
    expect(textsOf(scene)).toEqual(['one more', 'two'])
  })

  test('the marker keeps the fields for a later run', async () => {
    const { pullRequest, startRun } = await openThread()
    await startRun().write(['text'], 'update', { head: 'abc', key: 'another', digest: 'x' })
    expect(readMarker(pullRequest.comments()[0]?.body ?? '', sign)).toMatchObject({
      kind: 'terraform-apply',
      fields: { head: 'abc', key: 'prod', issue: '1', part: '1', digest: digest('text') },
    })
  })

  test('an edit by hand is undone', async () => {
    const { scene, pullRequest, startRun } = await openThread()
    await startRun().write(['plan'])
    const [comment] = pullRequest.comments()
    if (comment) comment.body = comment.body.replace('plan', 'forged')
    await startRun().write(['plan'])
    expect(textsOf(scene)).toEqual(['plan'])
  })

  test('an older run leaves a newer one’s comment, also an older attempt', async () => {
    const { scene, startRun } = await openThread()
    const [older, newer] = [startRun(), startRun()]
    const published = await newer.write(['newer'])
    expect(await older.write(['older'])).toEqual({ ...published, kind: 'newer-run', run: newer.run.id })
    expect(textsOf(scene)).toEqual(['newer'])
    expect(await newer.write(['newer again'])).toEqual(published)
  })

  test('a thread of another key, kind or pull request is another thread', async () => {
    const { scene, thread, startRun } = await openThread()
    const { github, run } = startRun()
    const writer = { run: run.id, attempt: 1 }
    const options = { mode: 'update', fields: {} } as const
    for (const other of [thread, { ...thread, key: 'test' }, { ...thread, kind: 'waf-check' }])
      await publish(github, other, writer, [`${other.kind} ${other.key}`], options)
    expect(textsOf(scene)).toEqual(['terraform-apply prod', 'terraform-apply test', 'waf-check prod'])
  })

  test('more comments than a page are looked through', async () => {
    const { scene, pullRequest, startRun } = await openThread()
    for (let index = 0; index < 120; index++) pullRequest.comment('reviewer', `remark ${index}`)
    await startRun().write(['first'])
    await startRun().write(['second'])
    expect(textsOf(scene).filter((text) => !text.startsWith('remark'))).toEqual(['second'])
  })
})

describe('foreign comments are never touched', () => {
  const markerOf = (body: string): string => body.split('\n')[0] ?? ''

  test.each(['author', 'reviewer', 'another[bot]'])('a copied marker in a comment of %s', async (login) => {
    const { pullRequest, startRun } = await openThread()
    await startRun().write(['ours'])
    const copy = `${markerOf(pullRequest.comments()[0]?.body ?? '')}\nforged`
    const foreign = pullRequest.comment(login, copy)
    await startRun().write(['ours, edited'])
    expect(foreign.body).toBe(copy)
    expect(pullRequest.comments()).toHaveLength(2)
  })

  test.each([
    ['another signature', (text: string) => keyedDigest(Buffer.from('another key'), text)],
    ['no signature', undefined],
  ])('%s, though by the same account', async (_what, foreignSign) => {
    const { pullRequest, startRun } = await openThread()
    const fields = { key: 'prod', issue: '1', part: '1', run: '999999', attempt: '1', digest: digest('forged') }
    const body = `${writeMarker({ kind: 'terraform-apply', fields }, foreignSign)}\nforged`
    const foreign = pullRequest.comment('github-actions[bot]', body)
    expect((await startRun().write(['ours'])).kind).toBe('published')
    expect(foreign.body).toBe(body)
    expect(pullRequest.comments()).toHaveLength(2)
  })

  test('a marker that was moved here from another pull request', async () => {
    const { pullRequest, startRun } = await openThread()
    const fields = { key: 'prod', issue: '2', part: '1', run: '999999', attempt: '1', digest: digest('other') }
    pullRequest.comment('github-actions[bot]', `${writeMarker({ kind: 'terraform-apply', fields }, sign)}\nother`)
    expect((await startRun().write(['ours'])).kind).toBe('published')
    expect(pullRequest.comments()).toHaveLength(2)
  })

  test('without a key the account alone tells', async () => {
    const { scene, pullRequest, startRun } = await openThread({ sign: undefined })
    await startRun().write(['ours'])
    const copy = pullRequest.comments()[0]?.body ?? ''
    pullRequest.comment('author', copy)
    await startRun().write(['edited'])
    expect(textsOf(scene)).toEqual(['edited', 'ours'])
  })
})

test('the account is asked once', async () => {
  const { lab, startRun } = await openThread()
  const { github } = startRun()
  expect([await viewerLogin(github), await viewerLogin(github)]).toEqual(['github-actions[bot]', 'github-actions[bot]'])
  expect(lab.requests.filter(({ path }) => path === '/graphql')).toHaveLength(1)
})
