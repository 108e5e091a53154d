import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import type { HttpReply } from './http.ts'
import { timestamp } from './world/clock.ts'
import type { Comment, Issue } from './world/issue.ts'
import type { Repository } from './world/repository.ts'
import type { World } from './world/world.ts'

const PATH = /^\/([^/]+)\/([^/]+)\/(?:pull|issues)\/(\d+)$/
const STYLE = `body { font: 14px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #d0d7de; border-radius: 6px; margin: 1rem 0; padding: 0 1rem }
header { border-bottom: 1px solid #d0d7de; margin: 0 -1rem; padding: .5rem 1rem; background: #f6f8fa }
pre { background: #f6f8fa; overflow: auto; padding: 1rem }
table { border-collapse: collapse } td, th { border: 1px solid #d0d7de; padding: .3rem .8rem }`

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}

/** GitHub's Markdown, with its tag filter; scripts are shut out by the page's own policy too. */
function render(markdown: string): string {
  const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true }
  return micromark(markdown, options)
}

function commentHtml({ id, author, createdAt, editor, minimized, body }: Comment): string {
  const edited = editor === null ? '' : ' · edited'
  const title = `<b>${escapeHtml(author.login)}</b> commented at ${timestamp(createdAt)}${edited}`
  const text = minimized === null ? render(body) : `<p><i>hidden as ${escapeHtml(minimized.toLowerCase())}</i></p>`
  return `<article id="issuecomment-${id}"><header>${title}</header>${text}</article>`
}

function checksHtml(repository: Repository, headSha: string): string {
  const rows = repository.checkRuns
    .filter((check) => check.headSha === headSha)
    .map(({ name, status, conclusion }) => `<li>${escapeHtml(name)}: ${escapeHtml(conclusion ?? status)}</li>`)
  return rows.length === 0 ? '' : `<h2>Checks</h2><ul>${rows.join('')}</ul>`
}

function issueHtml(issue: Issue): string {
  const { repository, pullRequest, title, number, author, body, labels, comments } = issue
  const state = pullRequest?.merged ? 'merged' : issue.state
  const names = labels.map(({ name }) => `<code>${escapeHtml(name)}</code>`).join(' ')
  return [
    `<!doctype html><meta charset="utf-8"><title>${escapeHtml(title)} · #${number}</title><style>${STYLE}</style>`,
    `<h1>${escapeHtml(title)} <small>#${number}</small></h1>`,
    `<p>${state} · ${escapeHtml(author.login)} · ${escapeHtml(repository.fullName)} ${names}</p>`,
    body === null ? '' : render(body),
    ...comments.map(commentHtml),
    pullRequest === null ? '' : checksHtml(repository, pullRequest.headSha),
  ].join('\n')
}

/** The page of a pull request or issue, as a person would see its comments; null for any other path. */
export function answerPage(world: World, method: string, path: string): HttpReply | null {
  if (method !== 'GET') return null
  const [, owner = '', name = '', number = ''] = PATH.exec(path) ?? []
  const issue = world.findRepository(owner, name)?.issues[Number(number) - 1]
  if (issue === undefined) return null
  const policy = "default-src 'none'; style-src 'unsafe-inline'"
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
  return { status: 200, headers, content: Buffer.from(issueHtml(issue)) }
}
