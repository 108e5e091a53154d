import { gitOrNull, resolveCommit } from '../world/git.ts'
import type { Repository } from '../world/repository.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'

/** The page of a file at a commit, where links to a line lead; null where there is no such file. */
export function blobPage(repository: Repository, sha: string, path: string): Html | null {
  const commit = resolveCommit(repository.gitDir, sha)
  const content = commit === null ? null : gitOrNull(repository.gitDir, ['cat-file', 'blob', `${commit}:${path}`])
  if (content === null) return null
  const rows = content
    .split('\n')
    .map(
      (line, index) =>
        html`<tr id="L${index + 1}"><td class="number">${index + 1}</td><td class="code">${line}</td></tr>`,
    )
  const body = html`<div class="files"><section class="part file">
    <header>${icon('file')}<code>${path}</code><code class="at-end muted">${sha.slice(0, 7)}</code></header>
    <div class="scroll"><table class="diff"><tbody>${rows}</tbody></table></div>
  </section></div>`
  return layout(repository, path, body)
}
