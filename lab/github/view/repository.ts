import { pathToFileURL } from 'node:url'
import { timestamp } from '../world/clock.ts'
import type { Repository } from '../world/repository.ts'
import { includesRole, type Role, type User } from '../world/user.ts'
import { apiOf, type Json, nodeId, pageOf } from './json.ts'
import { userJson } from './user.ts'

const LINKS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
}

/** The schema `minimal-repository`. */
export function minimalRepositoryJson(repository: Repository): Json {
  const api = apiOf(repository)
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: repository.fullName,
    private: repository.private,
    owner: userJson(repository.owner, repository.world.urls),
    html_url: pageOf(repository),
    description: null,
    fork: repository.parent !== null,
    url: api,
    ...Object.fromEntries(Object.entries(LINKS).map(([key, path]) => [key, `${api}${path}`])),
  }
}

/** The schema `repository`, which is that of a pull request's sides and of webhooks too. */
export function repositoryJson(repository: Repository): Json {
  const createdAt = timestamp(repository.createdAt)
  const pushedAt = repository.activities.at(-1)?.at ?? repository.createdAt
  const openIssues = repository.issues.filter(({ state }) => state === 'open').length
  const clone = pathToFileURL(repository.cloneUrl).href
  return {
    ...minimalRepositoryJson(repository),
    clone_url: clone,
    git_url: clone,
    ssh_url: clone,
    svn_url: pageOf(repository),
    homepage: null,
    mirror_url: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    size: 1,
    visibility: repository.private ? 'private' : 'public',
    archived: false,
    disabled: false,
    is_template: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks: 0,
    forks_count: 0,
    watchers: 0,
    watchers_count: 0,
    stargazers_count: 0,
    open_issues: openIssues,
    open_issues_count: openIssues,
    created_at: createdAt,
    updated_at: createdAt,
    pushed_at: timestamp(pushedAt),
  }
}

/** The schema `full-repository`. */
export function fullRepositoryJson(repository: Repository): Json {
  const { parent } = repository
  const lineage = parent === null ? {} : { parent: repositoryJson(parent), source: repositoryJson(parent) }
  return { ...repositoryJson(repository), ...lineage, network_count: 0, subscribers_count: 0 }
}

function rolePermissions(role: Role): Json {
  return {
    admin: includesRole(role, 'admin'),
    maintain: includesRole(role, 'maintain'),
    push: includesRole(role, 'write'),
    triage: includesRole(role, 'triage'),
    pull: includesRole(role, 'read'),
  }
}

/** The old three-step scale, in which maintain counts as write and triage as read. */
const LEGACY: Record<Role, string> = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
}

/** The schema `repository-collaborator-permission`. */
export function permissionJson(repository: Repository, user: User): Json {
  const role = repository.roleOf(user.login)
  const account = { ...userJson(user, repository.world.urls), permissions: rolePermissions(role), role_name: role }
  return { permission: LEGACY[role], role_name: role, user: account }
}

/** The schema `activity`. */
export function activityJson(repository: Repository, activity: Repository['activities'][number]): Json {
  return {
    id: activity.id,
    node_id: nodeId('Activity', activity.id),
    before: activity.before,
    after: activity.after,
    ref: activity.ref,
    timestamp: timestamp(activity.at),
    activity_type: activity.type,
    actor: userJson(activity.actor, repository.world.urls),
  }
}
