import type { Diagnostic } from './diagnostics.ts'

/** Who holds the state's lock, as far as Terraform's error tells; every text may be empty. */
export interface LockHolder {
  id: string
  who: string
  operation: string
  created: Date | undefined
  path: string
  /**
   * `false`: only `id` is the holder's. The http backend reports the requester's own lock and names the holder's id in
   * the message (Terraform's internal/backend/remote-state/http/client.go), so nothing else can be told.
   */
  certain: boolean
}

const SUMMARY = /acquiring the state lock/i

/** How backends say that somebody else has the lock: S3, DynamoDB, http, local files and databases. */
const TAKEN =
  /Lock Info:|PreconditionFailed|StatusCode: 412|ConditionalCheckFailed|already (locked|exists)|temporarily unavailable|Conflict/i

/** The lock's holder, when one of the diagnostics says that the state is locked. */
export function lockHolder(diagnostics: readonly Diagnostic[]): LockHolder | undefined {
  const diagnostic = diagnostics.find(({ summary }) => SUMMARY.test(summary))
  if (!diagnostic) return undefined
  const { detail } = diagnostic
  const httpHolder = /already locked:\s+ID=(\S+)/.exec(detail)?.[1]
  if (httpHolder !== undefined)
    return { id: httpHolder, who: '', operation: '', created: undefined, path: '', certain: false }
  // A backend that can't read the lock says only that there is one; every other failure to lock is no lock of anybody's.
  if (field(detail, 'ID') === '') {
    return TAKEN.test(detail)
      ? { id: '', who: '', operation: '', created: undefined, path: '', certain: false }
      : undefined
  }
  return {
    id: field(detail, 'ID'),
    who: field(detail, 'Who'),
    operation: field(detail, 'Operation')
      .replace(/^OperationType/, '')
      .toLowerCase(),
    created: parseCreated(field(detail, 'Created')),
    path: field(detail, 'Path'),
    certain: true,
  }
}

/** A child of ours that ran Terraform, for recognising a lock that it left behind. */
export interface DeadChild {
  /** `user@host` as Terraform writes it. */
  who: string
  startedAt: Date
  /** When it last gave a sign of life. */
  endedAt: Date
}

/** Two clocks are one machine's: only the rounding of the printed time and the start of the process lie between. */
const TOLERANCE_MS = 2_000

/** Is this the lock of that child: taken by the same user on the same machine, within the child's lifetime? */
export function isOwnLock(holder: LockHolder, child: DeadChild): boolean {
  if (!holder.certain || holder.created === undefined || holder.who !== child.who) return false
  const created = holder.created.getTime()
  return created >= child.startedAt.getTime() - TOLERANCE_MS && created <= child.endedAt.getTime() + TOLERANCE_MS
}

/** One sentence on the holder, for an error or a comment. */
export function describeHolder(holder: LockHolder): string {
  if (!holder.certain)
    return holder.id === '' ? 'the backend does not tell by whom' : `lock ${holder.id} is held by another run`
  const since = holder.created ? ` since ${holder.created.toISOString()}` : ''
  return `lock ${holder.id} is held by ${holder.who || 'an unknown user'} for ${holder.operation || 'an operation'}${since}`
}

function field(detail: string, name: string): string {
  return new RegExp(`^[ \\t]*${name}:[ \\t]*(.*)$`, 'm').exec(detail)?.[1]?.trim() ?? ''
}

/** Go's `2026-11-25 09:23:59.840754307 +0000 UTC`. */
function parseCreated(text: string): Date | undefined {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)\d* \+0000/.exec(text) ?? []
  return day === undefined || time === undefined ? undefined : new Date(`${day}T${time}Z`)
}
