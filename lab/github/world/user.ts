import type { Signature } from './git.ts'

/** An account. A login that ends in `[bot]` is a Bot's. */
export interface User {
  id: number
  login: string
  type: 'User' | 'Bot' | 'Organization'
  createdAt: Date
}

/** Repository roles from least to most. */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether `role` grants at least `wanted`. */
export function includesRole(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted)
}

/** How this account signs commits: GitHub's private address, which leads back to the account. */
export function signatureOf(user: User, date: Date): Signature {
  return { name: user.login, email: `${user.id}+${user.login}@users.noreply.github.com`, date }
}

/** The committer of merges made on the site. */
export function webFlow(date: Date): Signature {
  return { name: 'GitHub', email: 'noreply@github.com', date }
}

/** The login that a commit's address leads to, or null. */
export function loginOf(email: string): string | null {
  if (email === 'noreply@github.com') return 'web-flow'
  return /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(email)?.[1] ?? null
}
