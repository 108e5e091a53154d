import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { digest } from '../crypto/fingerprint.ts'
import { planSteps, type Step } from './comments.ts'
import type { OwnComment } from './own-comments.ts'

describe('the steps towards the wanted comments', () => {
  const comment = (id: number, part: number, body: string, written = body): OwnComment => ({
    id,
    part,
    body: `<!-- marker -->\n${body}`,
    digest: digest(written),
    url: `https://github.com/owner/site/pull/1#issuecomment-${id}`,
    run: 1,
    attempt: 1,
    fields: {},
  })

  test.each<{ what: string; existing: OwnComment[]; bodies: string[]; steps: Step[] }>([
    { what: 'nothing there', existing: [], bodies: ['a'], steps: [{ kind: 'create', part: 1 }] },
    { what: 'the wanted one there', existing: [comment(1, 1, 'a')], bodies: ['a'], steps: [] },
    {
      what: 'another text',
      existing: [comment(1, 1, 'b')],
      bodies: ['a'],
      steps: [{ kind: 'update', id: 1, part: 1 }],
    },
    {
      what: 'a text that somebody edited',
      existing: [comment(1, 1, 'edited', 'a')],
      bodies: ['a'],
      steps: [{ kind: 'update', id: 1, part: 1 }],
    },
    {
      what: 'a duplicate, the older of which stays',
      existing: [comment(9, 1, 'a'), comment(4, 1, 'a')],
      bodies: ['a'],
      steps: [{ kind: 'delete', id: 9 }],
    },
    {
      what: 'a part more',
      existing: [comment(1, 1, 'a')],
      bodies: ['a', 'b'],
      steps: [{ kind: 'create', part: 2 }],
    },
    {
      what: 'a part less',
      existing: [comment(1, 1, 'a'), comment(2, 2, 'b')],
      bodies: ['a'],
      steps: [{ kind: 'delete', id: 2 }],
    },
    {
      what: 'a part missing in the middle',
      existing: [comment(1, 1, 'a'), comment(3, 3, 'c')],
      bodies: ['a', 'b', 'c'],
      steps: [{ kind: 'create', part: 2 }],
    },
  ])('$what', ({ existing, bodies, steps }) => {
    expect(planSteps(existing, bodies, true)).toEqual(steps)
  })

  test('white space that GitHub stored otherwise is no reason to write again', () => {
    const stored = [comment(1, 1, 'a', 'a ')]
    expect(planSteps(stored, ['a '], true)).toHaveLength(1)
    expect(planSteps(stored, ['a '], false)).toEqual([])
  })

  test('from any comments, the steps lead to one comment a part with the wanted text, and no further', () => {
    const texts = fc.constantFrom('a', 'b', 'c')
    const anyComment = fc.record({ part: fc.integer({ min: 1, max: 4 }), body: texts, written: texts })
    fc.assert(
      fc.property(fc.array(anyComment), fc.array(texts, { minLength: 1, maxLength: 4 }), (found, bodies) => {
        const existing = found.map(({ part, body, written }, index) => comment(index + 1, part, body, written))
        const after = carriedOut(existing, planSteps(existing, bodies, true), bodies)
        expect(after.map(({ part, body }) => [part, body]).sort()).toEqual(
          bodies.map((body, index) => [index + 1, `<!-- marker -->\n${body}`]),
        )
        expect(planSteps(after, bodies, true)).toEqual([])
        const lowest = existing.filter(({ part }) => part === 1).map(({ id }) => id)
        if (lowest.length > 0) expect(after.find(({ part }) => part === 1)?.id).toBe(Math.min(...lowest))
      }),
    )
  })

  function carriedOut(
    existing: readonly OwnComment[],
    steps: readonly Step[],
    bodies: readonly string[],
  ): OwnComment[] {
    const comments = new Map(existing.map((one) => [one.id, one]))
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'delete') comments.delete(step.id)
      else {
        const id = step.kind === 'create' ? 100 + index : step.id
        comments.set(id, comment(id, step.part, bodies[step.part - 1] ?? ''))
      }
    }
    return [...comments.values()]
  }
})
