import { readContext } from '../../../lib/action/context.ts'
import { redactError } from '../../../lib/action/errors.ts'
import type { Environment } from '../../../lib/action/inputs.ts'
import { explainForbidden } from '../../../lib/github/client.ts'
import { DeployError } from './failure.ts'
import { deploy } from './flow/deploy.ts'
import { showDiff } from './flow/diff.ts'
import { recordDeployment } from './flow/github-deployment.ts'
import { loadSet } from './flow/load.ts'
import { publish } from './flow/publish.ts'
import { rollBack } from './flow/rollback.ts'
import { tellStatus } from './flow/status.ts'
import { readInputs } from './inputs.ts'
import { writeOutputs } from './outputs.ts'
import { locatedFailure, stepFailure } from './report/annotations.ts'
import { trouble } from './report/headline.ts'
import type { Report } from './report/model.ts'
import { openSession, type Session } from './session.ts'

/**
 * One step, from the event to the exit code: read what is asked, do it, tell what came of it. Failures are thrown only
 * after they have been told.
 */
export async function run(env: Environment): Promise<void> {
  // Whatever stops it before there is a report.
  writeOutputs({ result: 'failed' })
  const context = readContext(env)
  const inputs = readInputs(env, context)
  const session = await openSession(inputs, context, env)
  try {
    if (inputs.mode === 'diff') return await showDiff(session)
    const report = await perform(session)
    writeOutputs(await publish(session, report))
    if (report.failure === undefined) return
    throw new DeployError(stepFailure(locatedFailure(report, report.failure), trouble(report, report.app)))
  } catch (error) {
    throw redactError(explainForbidden(error), session.redact)
  } finally {
    await session.close()
  }
}

function perform(session: Session): Promise<Report> {
  switch (session.inputs.mode) {
    case 'status':
      return tellStatus(session)
    case 'rollback':
      return rollBack(session)
    default:
      return recordDeployment(session, () =>
        deploy(session, async () => ({ manifests: await loadSet(session) }), 'deploy'),
      )
  }
}
