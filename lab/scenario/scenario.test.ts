import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openScenario, type Scenario, type WorkflowOptions } from './index.ts'

const TELL = `
  const { INPUT_PLACE, SEASON } = process.env
  console.log(INPUT_PLACE + ' in ' + SEASON)
`

function workflow(place: string, season: string): WorkflowOptions {
  const action = join(import.meta.dirname, '../runner/fixtures/probe')
  return { action, inputs: () => ({ script: TELL, place }), env: { SEASON: season } }
}

let scenario: Scenario
beforeAll(async () => {
  scenario = await openScenario({ ...workflow('hall', 'spring'), files: { 'README.md': 'A service\n' } })
})
afterAll(() => scenario.close())

test('workflows of one repository keep their own inputs and environment, and see the same pull requests', async () => {
  const other = scenario.using(workflow('garden', 'autumn'))
  const pullRequest = scenario.propose({ 'README.md': 'A good service\n' })
  const first = await scenario.pullRequestRun(pullRequest)
  const second = await other.mergeRun(pullRequest)
  expect(first.log).toEqual(['hall in spring'])
  expect(second.log).toEqual(['garden in autumn'])
  expect(second.run.request.headSha).toBe(pullRequest.merged?.sha)
  expect(scenario.repository.runs).toEqual([first.run, second.run])
})

test("what a run sets comes before its workflow's", async () => {
  const step = await scenario.pushRun({}, { inputs: { place: 'roof' }, env: { SEASON: 'winter' } })
  expect(step.log).toEqual(['roof in winter'])
})
