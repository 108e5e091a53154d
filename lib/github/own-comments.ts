import { digest } from '../crypto/fingerprint.ts'
import type { GitHub } from './client.ts'
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

/** A part's body below its marker. */
export function withMarker(
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

export function withoutMarker(body: string): string {
  return body.slice(body.indexOf('\n') + 1)
}
