import { code, shorten, text } from '../../../../lib/markdown/escape.ts'
import type { Footer } from './model.ts'
import { duration } from './progress.ts'

const SHORT_HASH = 12
const LONGEST_TOOL = 60

/** One small line: plan, commit, tool, time taken and run, with the part's number when there are several. */
export function footerOf(footer: Footer, part: number, of: number): string {
  const { fingerprint, headSha, tool, durationMs, runUrl, runId } = footer
  const facts = [
    ...(fingerprint === '' ? [] : [`plan ${code(fingerprint.slice(0, SHORT_HASH))}`]),
    ...(headSha === '' ? [] : [`commit ${code(headSha.slice(0, SHORT_HASH))}`]),
    text(shorten(tool, LONGEST_TOOL)),
    duration(durationMs / 1000),
    `<a href="${attribute(runUrl)}">run ${runId}</a>`,
    ...(of > 1 ? [`part ${part} of ${of}`] : []),
  ]
  return footerLine(facts)
}

/** Facts that are safe inline HTML. */
export function footerLine(facts: readonly string[]): string {
  return `<sub>${facts.join(' · ')}</sub>`
}

export function runLink(url: string, id: number): string {
  return `<a href="${attribute(url)}">${id}</a>`
}

/** As the value of an attribute of HTML. */
export function attribute(url: string): string {
  return url.replace(/[\s&"'<>`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
