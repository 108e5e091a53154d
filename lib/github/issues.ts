import { setTimeout } from 'node:timers/promises'
import { type GitHub, isForbidden, statusOf } from './client.ts'
import { publish } from './comments.ts'
import { type Marker, readMarker, type Signer, writeMarker } from './marker.ts'
import { compareWriters, viewerLogin, type Writer } from './own-comments.ts'

/** What an issue is kept about; there is one issue for each. */
export interface Subject {
  /** The marker's kind, one per action. */
  kind: string
  /** Unique within the kind. */
  key: string
  sign: Signer | undefined
  /** Of a new issue. People may give it another one. */
  title: string
}

/** An issue that this token's account opened, as it is now. */
export interface OwnIssue extends Writer {
  number: number
  url: string
  state: 'open' | 'closed'
  /** Why it was closed, in GitHub's words; `undefined` while it is open. */
  reason: 'completed' | 'not_planned' | 'duplicate' | undefined
  /** Without the marker. */
  body: string
  fields: Readonly<Record<string, string>>
}

/** What an issue is to be. Its title, labels and comments are people's. */
export interface Revision {
  state: 'open' | 'closed'
  body: string
  /** Kept in the marker for later runs. */
  fields: Readonly<Record<string, string>>
  /** A comment that tells people of it. Written once for each `key`, however often that is tried. */
  remark: { key: string; body: string } | undefined
}

/** From the issue (`undefined` when there is none) to what it is to be; `undefined` when that is so already. Pure. */
export type Revise = (issue: OwnIssue | undefined) => Revision | undefined

export type Kept =
  | { kind: 'kept'; did: 'opened' | 'reopened' | 'changed' | 'closed' | 'nothing'; number: number; url: string }
  /** There is no issue, and none is needed. */
  | { kind: 'none' }
  /** A newer run has written already; nothing was changed. */
  | { kind: 'newer-run'; number: number; url: string; run: number }
  /** The token may not write issues, or the repository has none. */
  | { kind: 'unavailable' }

const MAX_TRIES = 5

/** What one call of `keepIssue` works with. */
interface Keeping {
  github: GitHub
  subject: Subject
  writer: Writer
  revise: Revise
}

/**
 * Makes the subject's issue what `revise` says, and writes nothing when it is so already.
 *
 * Issues can't be opened under a condition, and a failed request may have been carried out. So after each try to open one
 * all are listed again: a lost reply or a second writer ends in one issue, the one with the lowest number; others are
 * closed as its duplicates.
 */
export async function keepIssue(github: GitHub, subject: Subject, writer: Writer, revise: Revise): Promise<Kept> {
  try {
    return await converge({ github, subject, writer, revise })
  } catch (error) {
    if (isForbidden(error) || statusOf(error) === GONE) return { kind: 'unavailable' }
    throw error
  }
}

/** GitHub's answer where a repository's issues are switched off. */
const GONE = 410

async function converge(keeping: Keeping): Promise<Kept> {
  const { github, subject, revise } = keeping
  let opened: OwnIssue | undefined
  for (let tries = 1; ; tries++) {
    const [issue, ...duplicates] = withIssue(opened, await listOwn(github, subject))
    if (issue) {
      for (const duplicate of duplicates) await closeDuplicate(keeping, duplicate, issue)
      return reviseIssue(keeping, issue, issue.number === opened?.number)
    }
    const revision = revise(undefined)
    if (!revision) return { kind: 'none' }
    opened = await open(keeping, revision, tries)
  }
}

/** The new issue; `undefined` when nobody knows whether there is one now. */
async function open(keeping: Keeping, revision: Revision, tries: number): Promise<OwnIssue | undefined> {
  const { github, subject } = keeping
  try {
    const body = withMarker(keeping, subject.key, revision)
    const { data } = await github.rest.issues.create({ ...github.repository, title: subject.title, body })
    return ownIssue(data, subject)
  } catch (error) {
    if (tries === MAX_TRIES || !mayHaveTakenPlace(error)) throw error
    await setTimeout(250 * 2 ** tries)
    return undefined
  }
}

function mayHaveTakenPlace(error: unknown): boolean {
  const status = statusOf(error)
  return status === undefined || status >= 500
}

/** A list may lag behind what was written just now. */
function withIssue(opened: OwnIssue | undefined, listed: readonly OwnIssue[]): OwnIssue[] {
  const missing = opened && !listed.some(({ number }) => number === opened.number) ? [opened] : []
  return [...listed, ...missing].sort((left, right) => left.number - right.number)
}

async function reviseIssue(keeping: Keeping, issue: OwnIssue, isNew: boolean): Promise<Kept> {
  const { github, subject, writer, revise } = keeping
  const { number, url, run } = issue
  if (compareWriters(issue, writer) > 0) return { kind: 'newer-run', number, url, run }
  const revision = revise(issue)
  if (!revision) return { kind: 'kept', did: isNew ? 'opened' : 'nothing', number, url }
  // Before the rest: a run that ends in between finds the comment and goes on, and none is lost.
  if (revision.remark) await remark(keeping, issue, revision.remark)
  const isTurned = revision.state !== issue.state
  await github.rest.issues.update({
    ...github.repository,
    issue_number: number,
    body: withMarker(keeping, subject.key, revision),
    ...(isTurned ? STATES[revision.state] : {}),
  })
  return { kind: 'kept', did: isTurned ? TURNED[revision.state] : 'changed', number, url }
}

const STATES = {
  open: { state: 'open', state_reason: 'reopened' },
  closed: { state: 'closed', state_reason: 'completed' },
} as const

const TURNED = { open: 'reopened', closed: 'closed' } as const

async function remark(
  { github, subject: { kind, key, sign }, writer }: Keeping,
  { number }: OwnIssue,
  { key: name, body }: NonNullable<Revision['remark']>,
): Promise<void> {
  const thread = { issue: number, kind, key: `${key} ${name}`, sign }
  await publish(github, thread, writer, [body], { mode: 'update', fields: {} })
}

/** Under another key, so that it is never taken for the subject's issue, and without a comment that two runs would double. */
async function closeDuplicate(keeping: Keeping, duplicate: OwnIssue, { number }: OwnIssue): Promise<void> {
  const { github, subject } = keeping
  const text = { body: `Duplicate of #${number}`, fields: {} }
  await github.rest.issues.update({
    ...github.repository,
    issue_number: duplicate.number,
    body: withMarker(keeping, `${subject.key} duplicate`, text),
    state: 'closed',
    state_reason: 'duplicate',
  })
}

/** The subject's issues, oldest first: opened by this token's account, with a marker that verifies. */
async function listOwn(github: GitHub, subject: Subject): Promise<OwnIssue[]> {
  const creator = await viewerLogin(github)
  const issues = await github.paginate(github.rest.issues.listForRepo, {
    ...github.repository,
    creator,
    state: 'all',
    per_page: 100,
  })
  return issues.flatMap((issue) =>
    issue.pull_request || issue.user?.login !== creator ? [] : (ownIssue(issue, subject) ?? []),
  )
}

interface FoundIssue {
  number: number
  html_url: string
  state: string
  state_reason?: string | null
  body?: string | null
}

function ownIssue(
  { number, html_url: url, state, state_reason, body }: FoundIssue,
  subject: Subject,
): OwnIssue | undefined {
  const marker = readMarker(body ?? '', subject.sign)
  if (!marker || !isAbout(subject, marker)) return undefined
  return {
    number,
    url,
    state: state === 'open' ? 'open' : 'closed',
    reason: CLOSED_AS.find((reason) => state === 'closed' && reason === state_reason),
    body: (body ?? '').slice((body ?? '').indexOf('\n') + 1),
    fields: marker.fields,
    run: Number(marker.fields['run']),
    attempt: Number(marker.fields['attempt']),
  }
}

const CLOSED_AS = ['completed', 'not_planned', 'duplicate'] as const

function isAbout({ kind, key }: Subject, marker: Marker): boolean {
  return marker.kind === kind && marker.fields['key'] === key
}

function withMarker(
  { subject: { kind, sign }, writer }: Keeping,
  key: string,
  { body, fields }: Pick<Revision, 'body' | 'fields'>,
): string {
  const own = { key, run: String(writer.run), attempt: String(writer.attempt) }
  return `${writeMarker({ kind, fields: { ...fields, ...own } }, sign)}\n${body}`
}
