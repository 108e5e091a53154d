import { code } from '../../../../lib/markdown/escape.ts'
import { table } from '../../../../lib/markdown/table.ts'
import type { Concern, Verdict } from './concern.ts'
import type { Because } from './coverage.ts'
import { shownFolder } from './paths.ts'
import type { Root } from './roots.ts'

/** What discovery came to. */
export interface Discovery {
  verdicts: readonly Verdict[]
  gone: readonly GoneRoot[]
}

/** It was there before. `stays`: its folder still has configuration, so only the list of roots has changed. */
export type GoneRoot = Root & { stays: boolean }

/** A table of the roots, the concerned ones first, each with its reason; then the roots that are gone. Markdown. */
export function summaryOf({ verdicts, gone }: Discovery): string {
  const concerned = verdicts.filter(({ concern }) => concern)
  const others = verdicts.filter(({ concern }) => !concern)
  return [
    '## Terraform roots',
    `${concerned.length} of ${verdicts.length} ${verdicts.length === 1 ? 'root is' : 'roots are'} concerned.`,
    ...(verdicts.length > 0 ? [table(['root', 'folder', 'why'], [...concerned, ...others].map(row))] : []),
    ...(gone.length > 0 ? [goneText(gone, code)] : []),
  ].join('\n\n')
}

/** What to do about roots that are gone; `show` writes a name. */
export function goneText(gone: readonly GoneRoot[], show: (name: string) => string): string {
  const texts = [goneSentences(gone, true, show), goneSentences(gone, false, show)]
  return texts.filter((text) => text !== '').join(' ')
}

function goneSentences(gone: readonly GoneRoot[], stays: boolean, show: (name: string) => string): string {
  const roots = gone.filter((root) => root.stays === stays)
  if (roots.length === 0) return ''
  const names = roots.map((root) => show(root.name)).join(', ')
  const [what, is, it, its] =
    roots.length === 1 ? ['The root', 'is', 'it', 'its'] : ['These roots', 'are', 'they', 'their']
  const rest = `What ${it} made stays in ${its} state and in the world, and nobody plans it any more`
  if (stays)
    return `${what} ${is} no longer among the roots, though ${its} configuration stays: ${names}. ${rest} under that name and workspace.`
  return `${what} ${is} gone: ${names}. ${rest}, unless another root goes on with that state. Destroy it first (\`destroy: true\`), then delete the folder.`
}

function row({ root, concern }: Verdict): string[] {
  const folder = code(shownFolder(root.directory))
  return [
    code(root.name),
    root.workspace === '' ? folder : `${folder}, workspace ${code(root.workspace)}`,
    concern ? reason(concern) : '–',
  ]
}

function reason(concern: Concern): string {
  switch (concern.kind) {
    case 'asked':
      return 'asked for'
    case 'new':
      return 'new, or changed in ondol.yml'
    case 'changed':
      return code(concern.path) + by(concern.because)
  }
}

function by(because: Because): string {
  switch (because.kind) {
    case 'own':
      return ''
    case 'module':
      return `, of the module ${code(shownFolder(because.folder))} that ${code(because.calledBy)} calls`
    case 'link':
      return `, by the link ${code(because.link)}`
    case 'named':
      return `, named by ${code(because.namedBy)}`
    case 'version-file':
      return ', which pins the version'
  }
}
