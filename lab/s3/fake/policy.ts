import { refuse } from './refusal.ts'

/** What a user may do, as in an IAM policy: `*` stands for anything. */
export interface Statement {
  /** `s3:PutObject`, `s3:*` */
  actions: readonly string[]
  /** `bucket` for what is about the bucket, `bucket/prefix*` for objects. */
  resources: readonly string[]
  /** Of the keys that a list is about. */
  prefix?: string
}

export interface User {
  accessKey: string
  secretKey: string
  /** May do everything when absent. */
  statements?: readonly Statement[]
}

/** Whether a user has a right on a bucket (`bucket`) or an object (`bucket/key`). */
export function isAllowed({ statements }: User, action: string, resource: string, listed = ''): boolean {
  if (statements === undefined) return true
  return statements.some(
    ({ actions, resources, prefix = '' }) =>
      actions.some((pattern) => matches(pattern, action)) &&
      resources.some((pattern) => matches(pattern, resource)) &&
      listed.startsWith(prefix),
  )
}

export function checkAllowed(user: User, action: string, resource: string, listed?: string): void {
  if (isAllowed(user, action, resource, listed)) return
  throw refuse.accessDenied(`User ${user.accessKey} is not authorized to perform: ${action} on resource ${resource}`)
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}
