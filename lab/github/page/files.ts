import { changeTotals } from '../view/commit.ts'
import { changedFiles } from '../view/pull-request.ts'
import type { FileChange } from '../world/diff.ts'
import type { PullRequest } from '../world/pull-request.ts'
import { annotationHtml, type Finding, findingsOf, placeOf } from './annotations.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { type PatchLine, parsePatch } from './patch.ts'

const SIGNS: Readonly<Record<PatchLine['kind'], string>> = { added: '+', removed: '-', same: ' ', hunk: '', remark: '' }

/** GitHub puts an annotation beneath the last line that it is about. */
function isAbout({ file, line, endLine }: Finding, path: string, row: PatchLine): boolean {
  return file === path && row.new !== null && row.new === (endLine ?? line)
}

function findingHtml(finding: Finding): Html {
  return annotationHtml(finding, `${finding.check} · ${placeOf(finding)}`)
}

function rowHtml(row: PatchLine, findings: Finding[]): Html {
  const notes =
    findings.length === 0 ? null : html`<tr class="notes"><td colspan="3">${findings.map(findingHtml)}</td></tr>`
  return html`<tr class="${row.kind}"><td class="number">${row.old}</td><td class="number">${row.new}</td><td class="code"><span class="sign">${SIGNS[row.kind]}</span>${row.text}</td></tr>${notes}`
}

function tableHtml({ filename, patch }: FileChange, findings: Finding[]): Html {
  if (patch === null) return html`<p class="nothing">Not shown: binary, or only moved.</p>`
  const rows = parsePatch(patch).map((row) =>
    rowHtml(
      row,
      findings.filter((finding) => isAbout(finding, filename, row)),
    ),
  )
  return html`<div class="scroll"><table class="diff"><tbody>${rows}</tbody></table></div>`
}

function fileHtml(change: FileChange, findings: Finding[]): Html {
  const { filename, previousFilename, additions, deletions } = change
  const name = previousFilename === null ? filename : `${previousFilename} → ${filename}`
  return html`<section class="part file">
    <header>${icon('file')}<code>${name}</code><span class="at-end"><span class="plus">+${additions}</span> <span class="minus">−${deletions}</span></span></header>
    ${tableHtml(change, findings)}
  </section>`
}

function isShown(finding: Finding, changes: FileChange[]): boolean {
  return changes.some(({ filename, patch }) => parsePatch(patch ?? '').some((row) => isAbout(finding, filename, row)))
}

/** What checks said about lines that the pull request doesn't show. */
function elsewhereHtml(findings: Finding[]): Html | null {
  if (findings.length === 0) return null
  return html`<section class="part elsewhere">
    <header>${icon('alert')}<h2>Unchanged files with check annotations</h2></header>
    ${findings.map(findingHtml)}
  </section>`
}

/** The tab "Files changed": each file's diff, with annotations beneath the lines that they are about. */
export function filesChanged(pullRequest: PullRequest): Html {
  const changes = changedFiles(pullRequest)
  const findings = findingsOf(pullRequest)
  const { additions, deletions } = changeTotals(changes)
  const noun = changes.length === 1 ? 'file' : 'files'
  return html`<div class="files">
    <p class="muted">${changes.length} ${noun} changed, <span class="plus">+${additions}</span> <span class="minus">−${deletions}</span></p>
    ${changes.map((change) => fileHtml(change, findings))}
    ${elsewhereHtml(findings.filter((finding) => !isShown(finding, changes)))}
  </div>`
}
