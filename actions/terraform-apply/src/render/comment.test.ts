import { describe, expect, test } from '@jest/globals'
import { htmlOf, summariesOf, tagsOf, textOf } from '../../../../lib/markdown/fixtures/html.ts'
import type { ResourceChange } from '../plan/format.ts'
import { open, PLANNED, planOf, reportOf, resource } from './fixtures/build.ts'
import { type CommentBodies, commentBodies } from './report.ts'

const OPTIONS = { bytes: 64_000, parts: 5, fullReport: 'the summary of this run' }

function bodiesOf(resources: ResourceChange[], options = OPTIONS): CommentBodies {
  return commentBodies(reportOf(PLANNED, planOf(resources)), open, options)
}

function creates(count: number): ResourceChange[] {
  const unknown = { change: { after_unknown: { id: true, output: true } } }
  return Array.from({ length: count }, (_, index) =>
    resource(`terraform_data.item[${index}]`, ['create'], null, { input: `value ${index}` }, unknown),
  )
}

function expectWithinLimits({ bodies }: CommentBodies, bytes = OPTIONS.bytes): void {
  expect(bodies.length).toBeLessThanOrEqual(OPTIONS.parts)
  for (const body of bodies) {
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(bytes)
    const tags = tagsOf(htmlOf(body))
    expect(tags.filter((tag) => tag === '<details>')).toHaveLength(body.split('</details>').length - 1)
    expect(body.split(/^`{3,}.*$/m).length % 2).toBe(1)
  }
}

describe('a whole report', () => {
  test('of 1,500 resources fits into five comments, each address once', () => {
    const comments = bodiesOf(creates(1_500))
    expect(comments.kind).toBe('whole')
    expectWithinLimits(comments)
    const summaries = comments.bodies.flatMap((body) => summariesOf(htmlOf(body)))
    expect(summaries).toEqual(creates(1_500).map(({ address }) => `🟢 ${address} — create`))
    const text = comments.bodies.map((body) => textOf(htmlOf(body))).join('\n')
    for (let index = 0; index < 1_500; index++) expect(text.split(`"value ${index}"`)).toHaveLength(2)
  })

  test('says on every part which root and which part it is', () => {
    const { bodies } = bodiesOf(creates(1_000))
    expect(bodies.length).toBeGreaterThan(1)
    for (const [index, body] of bodies.entries()) {
      const text = textOf(htmlOf(body))
      expect(text.trim()).toMatch(
        index === 0 ? /^Terraform · prod\n/ : new RegExp(`^Terraform · prod \\(${index + 1}/${bodies.length}\\)`),
      )
      expect(text).toContain(`part ${index + 1} of ${bodies.length}`)
    }
  })
})

describe('a shortened report', () => {
  const destroy = resource('terraform_data.zz', ['delete'], { input: 'gone' }, null)

  test('of 20,000 resources is one comment: riskiest first, the rest counted, and where the whole is', () => {
    const comments = bodiesOf([...creates(20_000), destroy])
    expect(comments.kind).toBe('shortened')
    expect(comments.bodies).toHaveLength(1)
    expectWithinLimits(comments)
    const html = htmlOf(comments.bodies[0] ?? '')
    const shown = summariesOf(html)
    expect(shown[0]).toBe('🔴 terraform_data.zz — destroy')
    const left = (20_001 - shown.length).toLocaleString('en-US')
    expect(textOf(html)).toContain(
      `This comment shows ${shown.length} of 20,001 changes, riskiest first; ${left} are left out. The whole report: the summary of this run`,
    )
    expect(Buffer.byteLength(comments.bodies[0] ?? '')).toBeGreaterThan(OPTIONS.bytes - 500)
  })

  test("keeps the first line of a change that is too large, and doesn't count it as shown", () => {
    const huge = resource(
      'a.huge',
      ['delete'],
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, 'v'.repeat(80)])),
      null,
    )
    const comments = bodiesOf([huge, ...creates(3)], { ...OPTIONS, bytes: 20_000, parts: 2 })
    expectWithinLimits(comments, 20_000)
    const html = htmlOf(comments.bodies[0] ?? '')
    expect(summariesOf(html)[0]).toBe('🔴 a.huge — destroy')
    expect(textOf(html)).toContain('3 of 4 changes')
    expect(textOf(html)).toContain('Too long for this comment.')
  })

  test('stays within small limits', () => {
    for (const bytes of [3_000, 4_321, 9_999])
      expectWithinLimits(bodiesOf(creates(2_000), { ...OPTIONS, bytes }), bytes)
  })
})
