import { digest } from '../crypto/fingerprint.ts'
import { type GitHub, isForbidden, statusOf } from './client.ts'
import {
  compareWriters,
  listOwn,
  type OwnComment,
  type Thread,
  type Writer,
  withMarker,
  withoutMarker,
} from './own-comments.ts'

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

/** What a thread is to say. */
export interface Composition {
  writer: Writer
  /** Without their markers, one a part. */
  bodies: readonly string[]
  /** For the first part's marker. */
  fields: Readonly<Record<string, string>>
}

/** Says it anew before each round of writing, from the comments that are there now. */
export type Compose = (existing: readonly OwnComment[]) => Composition | Promise<Composition>

/** Failed writes in a row. */
const MAX_FAILURES = 6
/** Each of a matrix's legs may overwrite, with what it composed a moment before, what another has just written. */
const MAX_ROUNDS = 100
const KEPT_CHANGING = 'The comment kept changing while it was written; another run of this root may be writing it too.'

/** Makes the thread's comments say `bodies`, one comment a part, and returns the first one's address. */
export function publish(
  github: GitHub,
  thread: Thread,
  writer: Writer,
  bodies: readonly string[],
  { mode, fields, keep }: PublishOptions,
): Promise<Published> {
  return publishComposed(github, thread, mode, (existing) => ({
    writer,
    bodies,
    fields: { ...keptFields(firstPart(mode === 'update' ? existing : writtenBy(writer, existing)), keep), ...fields },
  }))
}

/**
 * Makes the thread's comments say what `compose` says, and returns the first one's address.
 *
 * Comments can't be written atomically, and a failed request may have been carried out. So this lists, does what is
 * missing, and lists again until nothing is: a lost reply or a second writer ends in one comment a part, the one with
 * the lowest id. Writers that share a thread agree because each composes again after it has written.
 */
export async function publishComposed(
  github: GitHub,
  thread: Thread,
  mode: PublishOptions['mode'],
  compose: Compose,
): Promise<Published> {
  try {
    return await converge(github, thread, mode, compose)
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden' }
    throw error
  }
}

async function converge(
  github: GitHub,
  thread: Thread,
  mode: PublishOptions['mode'],
  compose: Compose,
): Promise<Published> {
  const untilNext = pacemaker()
  for (let isFirst = true; ; isFirst = false) {
    const all = await listOwn(github, thread)
    const { writer, bodies, fields } = await compose(all)
    const existing = mode === 'update' ? all : writtenBy(writer, all)
    const newer = existing.find((comment) => compareWriters(comment, writer) > 0)
    if (newer) {
      await perform(github, thread, lateSteps(existing, writer), () => '')
      return { kind: 'newer-run', url: newer.url, run: newer.run }
    }
    const steps = planSteps(existing, bodies, isFirst)
    const first = firstPart(existing)
    if (steps.length === 0 && first) return { kind: 'published', url: first.url }
    const error = await perform(github, thread, steps, (part) =>
      withMarker(thread, writer, part, bodies[part - 1] ?? '', part === 1 ? fields : {}),
    )
    await untilNext(error)
  }
}

/** Waits after a round of writing, longer after a failed one. Throws when there were too many. */
function pacemaker(): (error: unknown) => Promise<void> {
  let [rounds, failures] = [0, 0]
  return async (error) => {
    rounds++
    failures = error === undefined ? 0 : failures + 1
    if (failures === MAX_FAILURES) throw error
    if (rounds === MAX_ROUNDS) throw new Error(KEPT_CHANGING)
    await pause(failures === 0 ? standAside(rounds) : 250 * 2 ** failures)
  }
}

/** The longer others have been changing what is written, the more room they get: each write of ours makes them begin anew. */
function standAside(rounds: number): number {
  return rounds <= 2 ? 0 : Math.random() * Math.min(50 * rounds, 1_000)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function writtenBy(writer: Writer, comments: readonly OwnComment[]): readonly OwnComment[] {
  return comments.filter((comment) => compareWriters(comment, writer) === 0)
}

/** Of several, the one that is kept. */
function firstPart(comments: readonly OwnComment[]): OwnComment | undefined {
  return comments.filter(({ part }) => part === 1).toSorted((left, right) => left.id - right.id)[0]
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
