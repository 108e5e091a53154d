import { expect, test } from '@jest/globals'
import { annotationsOf, locatedFailure, stepFailure } from './annotations.ts'
import { configMap, deployed, rolledBack, service } from './fixtures/bookings.ts'

test('nothing is annotated when nothing failed', () => {
  expect(annotationsOf(deployed())).toEqual([])
})

test('the failure stands where the manifest of its object is written', () => {
  expect(annotationsOf(rolledBack())).toEqual([
    {
      level: 'error',
      title: 'Deployment bookings',
      message:
        'Deployment `bookings`: container `bookings` crashes at its start, with exit code 1. Read its log: it says why it ended.',
      place: { file: 'k8s/app/deployment.yaml', line: 2 },
    },
  ])
})

test('what stands in a file is not the step\u2019s error once more', () => {
  const report = rolledBack()
  const { failure = { reason: 'unexpected', message: '' } } = report
  expect(stepFailure(locatedFailure(report, failure), 'bookings was rolled back')).toEqual({
    reason: 'crash-loop',
    message: 'bookings was rolled back; the error at k8s/app/deployment.yaml:2 says why',
  })
  expect(stepFailure(failure, 'bookings was rolled back')).toBe(failure)
})

test('the place that the failure names itself counts more', () => {
  const report = rolledBack()
  const failure = {
    reason: 'invalid-manifest' as const,
    message: 'No.',
    source: { file: 'k8s/a.yaml', document: 3, line: 40 },
  }
  expect(annotationsOf({ ...report, failure })[0]).toEqual({
    level: 'error',
    title: 'invalid-manifest',
    message: 'No.',
    place: { file: 'k8s/a.yaml', line: 40 },
  })
})

test('what else failed is told, too, but never more than the runner shows', () => {
  const report = rolledBack()
  const failed = { object: service, fate: 'restored', state: 'failed', message: 'No endpoint is ready.' } as const
  const annotations = annotationsOf({
    ...report,
    objects: [...report.objects, ...Array<typeof failed>(20).fill(failed)],
  })
  expect(annotations).toHaveLength(9)
  expect(annotations[1]).toEqual({ level: 'error', title: 'Service bookings', message: 'No endpoint is ready.' })
})

test('what the step makes itself is in no file', () => {
  const source = { file: 'input secrets', document: 1, line: 1 }
  const failure = { reason: 'forbidden' as const, message: 'No.', object: configMap, source }
  const titles = annotationsOf({ ...rolledBack(), failure }).map(({ title }) => title)
  expect(titles).not.toContain(`ConfigMap ${configMap.name}`)
})
