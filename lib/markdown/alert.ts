import type { Block } from './blocks.ts'

/** The kinds of GitHub's alerts that our texts use, from blue to red. */
type AlertKind = 'NOTE' | 'IMPORTANT' | 'WARNING' | 'CAUTION'

/** An alert as GitHub shows it at the top level of a comment (within a fold it is a plain quotation). Lines: safe Markdown. */
export function alert(kind: AlertKind, lines: readonly string[]): Block {
  return { kind: 'paragraph', markdown: [`[!${kind}]`, ...lines].map((line) => `> ${line}`.trimEnd()).join('\n') }
}
