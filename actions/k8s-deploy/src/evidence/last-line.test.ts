import { expect, test } from '@jest/globals'
import type { Verdict } from '../readiness/verdict.ts'
import { withLastLine } from './last-line.ts'

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const log = (text: string, container = 'web') => ({ pod: 'web-1', container, previous: true, text })
const verdict: Verdict = {
  state: 'failed',
  reason: 'crash-loop',
  message: 'Deployment `web`: container `web` ends with exit code 1.',
  pod: 'web-1',
  container: 'web',
}
const said = (texts: ReturnType<typeof log>[], more: Partial<Verdict> = {}): string =>
  withLastLine({ ...verdict, ...more }, [{ object, facts: [], events: [], logs: texts }])

test('the last line with something in it, of the container that the verdict names', () => {
  const logs = [log('all is well\n', 'sidecar'), log('start\n\u001b[31mno database\u001b[0m  \n\n')]
  expect(said(logs)).toBe('Deployment `web`: container `web` ends with exit code 1; its last log line: no database')
})

test('a sentence stays as it is where there is no such line, or where the log is not what it is about', () => {
  expect(said([])).toBe(verdict.message)
  expect(said([log(' \n')])).toBe(verdict.message)
  expect(said([log('line')], { container: 'other' })).toBe(verdict.message)
  expect(said([log('line')], { reason: 'image-not-found' })).toBe(verdict.message)
})

test('a long line is cut', () => {
  expect(said([log('x'.repeat(5_000))]).length).toBeLessThan(500)
})
