import {
  type Deployment,
  type DeploymentStatus,
  openDeployment,
  setStatus,
} from '../../../../lib/github/deployments.ts'
import type { Report } from '../report/model.ts'
import { tell } from '../report/told.ts'
import type { Session } from '../session.ts'
import { deploymentSlot } from '../state-slots.ts'

/**
 * Records what `work` does as a GitHub deployment of the input environment, if there is one. What fails at GitHub warns and
 * changes nothing about the deployment itself.
 */
export async function recordDeployment(session: Session, work: () => Promise<Report>): Promise<Report> {
  const deployment = await warned(session, () => begin(session))
  deploymentSlot.save(deployment)
  const report = await work()
  if (deployment) await endDeployment(session, deployment, report)
  return report
}

/** Says how it ended; also from the post step, for a run that was killed. */
export async function endDeployment(session: Session, deployment: Deployment, report: Report): Promise<void> {
  const { description } = tell(report, session.redact)
  const state = report.failure === undefined ? 'success' : 'failure'
  await warned(session, () => say(session, deployment, state, description))
  deploymentSlot.save(undefined)
}

async function begin(session: Session): Promise<Deployment | undefined> {
  const { inputs, commit, github, namespace } = session
  if (inputs.environment === undefined) return undefined
  const description = `${inputs.app} to namespace ${namespace}`
  const opened = await openDeployment(github, { ref: commit, environment: inputs.environment, description })
  if (opened.kind === 'forbidden') {
    warn(session, 'the token lacks "deployments: write".')
    return undefined
  }
  await say(session, opened.deployment, 'in_progress', 'Deploying')
  return opened.deployment
}

async function say(
  { inputs, context, github }: Session,
  deployment: Deployment,
  state: DeploymentStatus['state'],
  description: string,
): Promise<void> {
  await setStatus(github, deployment, {
    state,
    description,
    logUrl: context.runUrl,
    autoInactive: true,
    ...(inputs.environmentUrl === undefined ? {} : { environmentUrl: inputs.environmentUrl }),
  })
}

async function warned<T>(session: Session, attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    warn(session, (error as Error).message)
    return undefined
  }
}

function warn({ log, inputs }: Session, why: string): void {
  log.annotate({ level: 'warning', message: `The deployment of ${inputs.environment} could not be recorded: ${why}` })
}
