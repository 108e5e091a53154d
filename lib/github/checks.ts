import type { GitHub } from './client.ts'

export interface Check {
  name: string
  headSha: string
  conclusion: 'success' | 'failure' | 'neutral'
  /** One plain line. */
  title: string
  /** Markdown; GitHub takes at most 65,535 characters, and longer text is cut. */
  summary: string
  /** Where the details are. */
  url: string
}

const SUMMARY_CHARACTERS = 65_535

/** Writes a completed check run. A later one of the same name takes its place in branch rules. */
export async function createCheck(github: GitHub, check: Check): Promise<void> {
  await github.rest.checks.create({
    ...github.repository,
    name: check.name,
    head_sha: check.headSha,
    status: 'completed',
    conclusion: check.conclusion,
    details_url: check.url,
    output: { title: check.title.slice(0, 255) || check.name, summary: check.summary.slice(0, SUMMARY_CHARACTERS) },
  })
}
