import { shorten, text } from '../../../../lib/markdown/escape.ts'
import { codeOf, LONGEST_NAME } from '../../../../lib/markdown/words.ts'
import type { Ref } from '../kube/objects.ts'

/** ``Deployment `web` `` as safe Markdown and HTML, with its namespace where that isn't the one that `home` names. */
export function refText({ kind, namespace, name }: Ref, home?: string): string {
  const elsewhere = namespace === undefined || namespace === home ? '' : ` in ${codeOf(namespace)}`
  return `${text(shorten(kind, LONGEST_NAME))} ${codeOf(name)}${elsewhere}`
}
