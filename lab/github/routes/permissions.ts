import type { Repository } from '../world/repository.ts'
import type { Permissions, Run } from '../world/run.ts'
import { includesRole, type Role } from '../world/user.ts'
import type { Actor } from '../world/world.ts'
import { ApiError, type Call, notFound, type Permission, type Route, repositoryOf } from './route.ts'

/** A job that names any permission has `none` for the rest, but metadata is always readable. */
function grants(permissions: Permissions, needed: Permission): boolean {
  const [name = '', level = ''] = needed.split(':')
  const granted = name === 'metadata' ? 'read' : permissions[name]
  return granted === 'write' || (granted === 'read' && level === 'read')
}

function checkRunToken(run: Run, repository: Repository, needs: Permission[]): void {
  const own = run.repository === repository
  if (!own && repository.private) throw notFound()
  const allowed = own
    ? needs.some((needed) => grants(run.permissions, needed))
    : needs.every((needed) => needed.endsWith(':read'))
  if (allowed) return
  const accepted = needs.map((needed) => needed.replace('-', '_').replace(':', '=')).join('; ')
  throw new ApiError(403, 'Resource not accessible by integration', {
    headers: { 'x-accepted-github-permissions': accepted },
  })
}

function checkRole(role: Role, isKnown: boolean, needs: Permission[], openToReaders: boolean): void {
  if (!includesRole(role, 'read')) throw notFound()
  if (needs.some((needed) => needed.endsWith(':read'))) return
  if (!isKnown) throw new ApiError(401, 'Requires authentication')
  if (!openToReaders && !includesRole(role, 'write'))
    throw new ApiError(403, 'Must have write access to the repository')
}

/** Lets an actor pass who has any one of `needs` on the repository, or throws what GitHub would answer. */
export function authorizeOn(
  repository: Repository,
  actor: Actor,
  needs: Permission[],
  { openToReaders = false }: { openToReaders?: boolean } = {},
): void {
  if (actor.kind === 'run') {
    checkRunToken(actor.run, repository, needs)
    return
  }
  const role = repository.roleOf(actor.kind === 'anonymous' ? '' : actor.user.login)
  checkRole(role, actor.kind === 'person', needs, openToReaders)
}

/**
 * Lets a call pass or throws. A run's token needs the permission also for what anyone may read of a public repository:
 * stricter than GitHub, so that a missing permission shows here and not first in somebody's private repository.
 */
export function authorize(call: Call, { needs, openToReaders = false }: Route): void {
  const wanted = typeof needs === 'function' ? needs(call) : needs
  if (wanted.length > 0) authorizeOn(repositoryOf(call), call.actor, wanted, { openToReaders })
}

/** Pull requests' issue side answers to either permission, an issue to its own only. */
export function issueNeeds(level: 'read' | 'write', isPullRequest: boolean): Permission[] {
  return isPullRequest ? [`issues:${level}`, `pull-requests:${level}`] : [`issues:${level}`]
}
