import type { KubeObject } from '../kube/objects.ts'
import { assess } from './assess.ts'
import { explain } from './explain.ts'
import { lastAttempt } from './jobs.ts'
import { failed, named } from './say.ts'
import type { Surroundings, Verdict } from './verdict.ts'

/**
 * The failure to tell when the caller's time is over: the most exact reason that is known although it isn't due, and
 * `timeout` if there is none. What `assess` already calls failed stays so.
 */
export function explainTimeout(object: KubeObject, surroundings: Surroundings): Verdict {
  const verdict = assess(object, surroundings)
  if (verdict.state === 'failed') return verdict
  const waited = `the time is over: it ${withoutName(verdict, object)}`
  // Which pods are new, and what conditions mean, isn't known before the controller has seen the object.
  if (['not-observed', 'no-object', 'terminating'].includes(verdict.reason)) {
    return failed(object, 'timeout', waited, 'Check that the controller of this kind runs.')
  }
  if (verdict.reason === 'stuck')
    return { ...failed(object, 'timeout', waited, 'Delete this pod.'), pod: verdict.pod ?? '' }
  const told = explain(object, surroundings, waited)
  if (told.reason !== 'timeout' || object.kind !== 'Job') return told
  return lastAttempt(object, surroundings) ?? told
}

/** "has 1 of 2 pods ready" of ``Deployment `web` has 1 of 2 pods ready.`` */
function withoutName({ message }: Verdict, object: KubeObject): string {
  return message.slice(named(object).length + 1).replace(/\.$/, '')
}
