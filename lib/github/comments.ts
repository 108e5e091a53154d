import { digest } from '../crypto/fingerprint.ts'
import { type GitHub, isForbidden, statusOf } from './client.ts'
import { type Marker, readMarker, type Signer, writeMarker } from './marker.ts'

/** The comments that an action keeps up to date: one per `key`, in as many parts as it takes. */
export interface Thread {
  issue: number
  /** The marker's kind, one per action. */
  kind: string
  /** What the comment is about, unique within the kind. */
  key: string
  sign: Signer | undefined
}

/** Which run wrote a comment. A later run or attempt wins over an earlier one. */
export interface Writer {
  run: number
  attempt: number
}

export interface OwnComment extends Writer {
  id: number
  url: string
  body: string
  /** 1 for the comment itself, from 2 on its continuations. */
  part: number
  /** Of the body without its marker, as it was written. */
  digest: string
  fields: Readonly<Record<string, string>>
}

export type Published =
  | { kind: 'published'; url: string }
  /** A newer run has written already; nothing was changed. */
  | { kind: 'newer-run'; url: string; run: number }
  /** The token may not write comments (a fork's or Dependabot's run, or no `pull-requests: write`). */
  | { kind: 'forbidden' }

/** What has to be done to the comments that exist so that they are the wanted ones. */
export type Step =
  | { kind: 'create'; part: number }
  | { kind: 'update'; id: number; part: number }
  | { kind: 'delete'; id: number }

export interface PublishOptions {
  /** `update` edits the thread's comments, `new` leaves those of other runs alone. */
  mode: 'update' | 'new'
  /** Kept in the first line's marker for later runs. */
  fields: Readonly<Record<string, string>>
  /** Names of fields that stay as the comment has them, where `fields` doesn't set them. */
  keep?: readonly string[]
}

const MAX_ROUNDS = 5
const KEPT_CHANGING = 'The comment kept changing while it was written; another run of this root may be writing it too.'

/**
 * Makes the thread's comments say `bodies`, one comment a part, and returns the first one's address.
 *
 * Comments can't be written atomically, and a failed request may have been carried out. So this lists, does what is
 * missing, and lists again until nothing is: a lost reply or a second writer ends in one comment a part, the one with
 * the lowest id.
 *
 */
export async function publish(
  github: GitHub,
  thread: Thread,
  writer: Writer,
  bodies: readonly string[],
  options: PublishOptions,
): Promise<Published> {
  try {
    return await converge(github, thread, writer, bodies, options)
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden' }
    throw error
  }
}

async function converge(
  github: GitHub,
  thread: Thread,
  writer: Writer,
  bodies: readonly string[],
  options: PublishOptions,
): Promise<Published> {
  let lastError: unknown
  for (let round = 1; ; round++) {
    const all = await listOwn(github, thread)
    const existing = options.mode === 'update' ? all : all.filter((comment) => compareWriters(comment, writer) === 0)
    const newer = existing.find((comment) => compareWriters(comment, writer) > 0)
    if (newer) {
      await perform(github, thread, lateSteps(existing, writer), () => '')
      return { kind: 'newer-run', url: newer.url, run: newer.run }
    }
    const steps = planSteps(existing, bodies, round === 1)
    const first = existing.find(({ part }) => part === 1)
    if (steps.length === 0 && first) return { kind: 'published', url: first.url }
    if (round > MAX_ROUNDS) throw lastError ?? new Error(KEPT_CHANGING)
    lastError = await perform(github, thread, steps, (part) =>
      withMarker(thread, writer, part, bodies[part - 1] ?? '', {
        ...keptFields(first, options.keep),
        ...options.fields,
      }),
    )
    if (lastError !== undefined) await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** round))
  }
}

function keptFields(comment: OwnComment | undefined, names: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (comment?.fields[name] === undefined ? [] : [[name, comment.fields[name]]])),
  )
}

/**
 * The difference between the comments that exist and the wanted bodies. Pure. In the first round (`exact`) the whole
 * text is compared, so that an edit by hand is undone; after that only the marker's digest, because GitHub may store
 * white space otherwise than it was sent.
 */
export function planSteps(existing: readonly OwnComment[], bodies: readonly string[], exact: boolean): Step[] {
  const kept = new Map<number, OwnComment>()
  for (const comment of [...existing].sort((left, right) => left.id - right.id)) {
    if (comment.part <= bodies.length && !kept.has(comment.part)) kept.set(comment.part, comment)
  }
  const writes = bodies.flatMap((body, index): Step[] => {
    const comment = kept.get(index + 1)
    if (!comment) return [{ kind: 'create', part: index + 1 }]
    const same = comment.digest === digest(body) && (!exact || withoutMarker(comment.body) === body)
    return same ? [] : [{ kind: 'update', id: comment.id, part: index + 1 }]
  })
  const deletes = existing
    .filter((comment) => kept.get(comment.part) !== comment)
    .map(({ id }): Step => ({ kind: 'delete', id }))
  return [...writes, ...deletes]
}

/**
 * Takes back what `writer` created after a newer run's last comment, because that run may have been done by then. What
 * it created before is left: the newer run has seen it, and may have made it its own meanwhile. Pure.
 */
function lateSteps(existing: readonly OwnComment[], writer: Writer): Step[] {
  const lastOfNewer = Math.max(...existing.filter((comment) => compareWriters(comment, writer) > 0).map(({ id }) => id))
  return existing
    .filter((comment) => compareWriters(comment, writer) === 0 && comment.id > lastOfNewer)
    .map(({ id }) => ({ kind: 'delete', id }))
}

/** Negative: `left` is older. */
export function compareWriters(left: Writer, right: Writer): number {
  return left.run - right.run || left.attempt - right.attempt
}

/** This thread's comments, oldest first: written by this token's account, with a marker that verifies. */
export async function listOwn(github: GitHub, thread: Thread): Promise<OwnComment[]> {
  const viewer = await viewerLogin(github)
  const comments = await github.paginate(github.rest.issues.listComments, {
    ...github.repository,
    issue_number: thread.issue,
    per_page: 100,
  })
  return comments.flatMap((comment) => {
    if (comment.user?.login !== viewer) return []
    const marker = readMarker(comment.body ?? '', thread.sign)
    if (
      marker?.kind !== thread.kind ||
      marker.fields['key'] !== thread.key ||
      marker.fields['issue'] !== String(thread.issue)
    )
      return []
    return [ownComment(comment.id, comment.html_url, comment.body ?? '', marker)]
  })
}

const viewers = new WeakMap<GitHub, string>()

/** The account of this token; the REST API doesn't tell it to an app's token, GraphQL does. */
export async function viewerLogin(github: GitHub): Promise<string> {
  const known = viewers.get(github)
  if (known !== undefined) return known
  const { viewer } = await github.graphql<{ viewer: { login: string } }>('query { viewer { login } }')
  viewers.set(github, viewer.login)
  return viewer.login
}

function ownComment(id: number, url: string, body: string, { fields }: Marker): OwnComment {
  return {
    id,
    url,
    body,
    fields,
    part: Number(fields['part']),
    run: Number(fields['run']),
    attempt: Number(fields['attempt']),
    digest: fields['digest'] ?? '',
  }
}

function withMarker(
  thread: Thread,
  writer: Writer,
  part: number,
  body: string,
  fields: Readonly<Record<string, string>>,
): string {
  const own = {
    key: thread.key,
    issue: String(thread.issue),
    part: String(part),
    run: String(writer.run),
    attempt: String(writer.attempt),
  }
  return `${writeMarker({ kind: thread.kind, fields: { ...fields, ...own, digest: digest(body) } }, thread.sign)}\n${body}`
}

function withoutMarker(body: string): string {
  return body.slice(body.indexOf('\n') + 1)
}

/** Carries the steps out in order. Returns the first error that a later round may find to be mended; others are thrown. */
async function perform(
  github: GitHub,
  thread: Thread,
  steps: readonly Step[],
  text: (part: number) => string,
): Promise<unknown> {
  for (const step of steps) {
    try {
      await performStep(github, thread, step, text)
    } catch (error) {
      const status = statusOf(error)
      if (status !== undefined && status < 500 && status !== 404) throw error
      return error
    }
  }
  return undefined
}

async function performStep(github: GitHub, thread: Thread, step: Step, text: (part: number) => string): Promise<void> {
  switch (step.kind) {
    case 'create':
      await github.rest.issues.createComment({
        ...github.repository,
        issue_number: thread.issue,
        body: text(step.part),
      })
      return
    case 'update':
      await github.rest.issues.updateComment({ ...github.repository, comment_id: step.id, body: text(step.part) })
      return
    case 'delete':
      await github.rest.issues.deleteComment({ ...github.repository, comment_id: step.id })
  }
}
