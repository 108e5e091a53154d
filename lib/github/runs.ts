import type { GitHub } from './client.ts'

export interface ActiveRun {
  id: number
  url: string
  startedAt: Date
}

/** The repository's workflow runs that are going on now, at most 100. */
export async function activeRuns(github: GitHub): Promise<ActiveRun[]> {
  const { data } = await github.rest.actions.listWorkflowRunsForRepo({
    ...github.repository,
    status: 'in_progress',
    per_page: 100,
  })
  return data.workflow_runs.map((run) => ({
    id: run.id,
    url: run.html_url,
    startedAt: new Date(run.run_started_at ?? run.created_at),
  }))
}
