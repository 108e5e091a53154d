import { DeployError } from '../failure.ts'
import type { Manifest } from '../kube/manifest.ts'
import { names } from '../kube/names.ts'
import { describeRef, type KubeObject } from '../kube/objects.ts'
import type { Session } from '../session.ts'
import { listRevisions, readRevision } from '../state/history.ts'
import { readInventory } from '../state/inventory.ts'
import { appOf } from './home.ts'
import type { Story } from './story.ts'

/**
 * What a revision of the history applied; Secrets aren't among it, so they stay as they are.
 *
 * @throws DeployError `invalid-input` when there is no such revision
 */
export async function loadRevision(session: Session, story: Story): Promise<Manifest[]> {
  const { cluster, inputs } = session
  const app = appOf(session)
  const kept = await listRevisions(cluster, app)
  const current = (await readInventory(cluster, app))?.revision ?? Number.POSITIVE_INFINITY
  const wanted = inputs.toRevision ?? kept.find(({ revision }) => revision < current)?.revision
  const revision = wanted === undefined ? undefined : await readRevision(cluster, app, wanted)
  if (revision === undefined) {
    const known = kept.map(({ revision }) => revision).join(', ')
    throw new DeployError({
      reason: 'invalid-input',
      message: `${wanted === undefined ? 'There is no revision before the current one' : `There is no revision ${wanted}`} of ${inputs.app} in the namespace ${app.namespace}.`,
      remedy: known === '' ? 'None has been recorded yet.' : `These are kept: ${known}.`,
    })
  }
  story.targetRevision = revision.revision
  story.tell(`Going back to revision ${revision.revision}, of commit ${revision.commit}`)
  if (revision.secrets.length > 0) {
    const secrets = revision.secrets.map(({ ref }) => describeRef(ref)).join(', ')
    story.note(
      `The history holds no values of Secrets, so older values don't come back; these keep what they hold now: ${secrets}.`,
    )
  }
  return revision.objects.map((object, index) => ({
    object: withoutIdentity(object),
    source: { file: `revision ${revision.revision}`, document: index + 1, line: 1 },
  }))
}

/** Annotations of the deployment that wrote it; this one writes its own. */
function withoutIdentity(object: KubeObject): KubeObject {
  const {
    [names.revision]: _,
    [names.commit]: __,
    [names.run]: ___,
    [names.actor]: ____,
    ...annotations
  } = object.metadata.annotations ?? {}
  return { ...object, metadata: { ...object.metadata, annotations } }
}
