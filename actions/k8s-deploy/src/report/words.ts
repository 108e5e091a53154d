import { shorten, text } from '../../../../lib/markdown/escape.ts'
import { codeOf, LONGEST_NAME } from '../../../../lib/markdown/words.ts'
import type { Ref } from '../kube/objects.ts'
import { runsOnce } from '../manifests/hooks.ts'
import type { HookDiff } from './diff-model.ts'

/** ``Deployment `web` `` as safe Markdown and HTML, with its namespace where that isn't the one that `home` names. */
export function refText({ kind, namespace, name }: Ref, home?: string): string {
  const elsewhere = namespace === undefined || namespace === home ? '' : ` in ${codeOf(namespace)}`
  return `${text(shorten(kind, LONGEST_NAME))} ${codeOf(name)}${elsewhere}`
}

/** When a hook has its turn, to be said after its name. */
export function hookWords({ phase, diff: { object } }: HookDiff): string {
  const verb = runsOnce(object) ? 'runs' : 'is written'
  return `${verb} ${phase === 'pre-deploy' ? 'before the pods change' : 'when all is ready'}`
}
