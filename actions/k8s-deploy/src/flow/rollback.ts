import { shortHash } from '../../../../lib/markdown/words.ts'
import { isForbidden } from '../cluster/api-error.ts'
import { explained } from '../cluster/explain.ts'
import { DeployError } from '../failure.ts'
import { describeRef, type KubeObject, type Ref } from '../kube/objects.ts'
import type { Report } from '../report/model.ts'
import type { Session } from '../session.ts'
import { areAlike, earlierThan, withoutIdentity } from '../state/earlier.ts'
import { listRevisions, type Revision, type RevisionInfo, readRevision } from '../state/history.ts'
import { readInventory } from '../state/inventory.ts'
import { deploy } from './deploy.ts'
import { recordDeployment } from './github-deployment.ts'
import { appOf } from './home.ts'
import { learnSecret } from './load.ts'
import { createStory, type Story } from './story.ts'
import type { WantedSet } from './wanted-set.ts'

/** Deploys what a revision of the history had applied, in the name of its commit. Failures are in the report. */
export async function rollBack(session: Session): Promise<Report> {
  let revision: Revision
  try {
    revision = await chooseRevision(session)
  } catch (error) {
    return createStory(session, 'rollback').end('failed', explained(error))
  }
  const back = { ...session, commit: revision.commit }
  return recordDeployment(back, () => deploy(back, (story) => setOf(back, revision, story), 'rollback'))
}

/** @throws DeployError `invalid-input` when there is no such revision */
async function chooseRevision(session: Session): Promise<Revision> {
  const { cluster, inputs } = session
  const app = appOf(session)
  const kept = await listRevisions(cluster, app)
  const { toRevision } = inputs
  const revision =
    toRevision === undefined ? await previousOf(session, kept) : await readRevision(cluster, app, toRevision)
  if (revision !== undefined) return revision
  const missing =
    toRevision === undefined ? 'There is no other set before the current one' : `There is no revision ${toRevision}`
  const known = kept.map((one) => one.revision).join(', ')
  throw new DeployError({
    reason: 'invalid-input',
    message: `${missing} in the history of ${inputs.app} in the namespace ${app.namespace}.`,
    remedy: known === '' ? 'None has been recorded yet.' : `Choose one of these with the input to-revision: ${known}.`,
  })
}

/** The newest before the current one whose set is another. */
async function previousOf(session: Session, kept: readonly RevisionInfo[]): Promise<Revision | undefined> {
  const { cluster } = session
  const app = appOf(session)
  const number = (await readInventory(cluster, app))?.revision ?? Number.POSITIVE_INFINITY
  const current = await readRevision(cluster, app, number)
  for (const { revision } of earlierThan(number, kept)) {
    const candidate = await readRevision(cluster, app, revision)
    if (candidate !== undefined && !(current && areAlike(candidate, current))) return candidate
  }
  return undefined
}

async function setOf(session: Session, revision: Revision, story: Story): Promise<WantedSet> {
  story.targetRevision = revision.revision
  story.tell(`Going back to revision ${revision.revision}, of commit \`${shortHash(revision.commit)}\``)
  const refs = revision.secrets.map(({ ref }) => ref)
  if (refs.length > 0) {
    const secrets = refs.map(describeRef).join(', ')
    story.note(
      `The history holds no values of Secrets, so older values don't come back; these keep what they hold now: ${secrets}.`,
    )
  }
  return {
    manifests: revision.objects.map((object, index) => ({
      object: withoutIdentity(object),
      source: { file: `revision ${revision.revision}`, document: index + 1, line: 1 },
    })),
    secrets: await liveSecrets(session, refs, story),
    restores: revision.restores ?? revision.revision,
  }
}

/** Pods that use them would restart, here and with the next deployment, if they didn't count as configuration. */
async function liveSecrets(session: Session, refs: readonly Ref[], story: Story): Promise<KubeObject[]> {
  const secrets: KubeObject[] = []
  for (const ref of refs) {
    try {
      const secret = await session.cluster.get(ref)
      learnSecret(session, secret)
      if (secret !== undefined) secrets.push(secret)
    } catch (error) {
      if (!isForbidden(error)) throw error
      story.note(`${describeRef(ref)} can't be read, so pods that use it may restart although nothing of them changes.`)
    }
  }
  return secrets
}
