import { timestamp } from '../world/clock.ts'
import type { User } from '../world/user.ts'
import type { Urls } from '../world/world.ts'
import { type Json, nodeId } from './json.ts'

/** GitHub Actions' app, in whose name GITHUB_TOKENs act. */
export const ACTIONS_APP_ID = 15368

const LINKS = {
  followers_url: '/followers',
  following_url: '/following{/other_user}',
  gists_url: '/gists{/gist_id}',
  starred_url: '/starred{/owner}{/repo}',
  subscriptions_url: '/subscriptions',
  organizations_url: '/orgs',
  repos_url: '/repos',
  events_url: '/events{/privacy}',
  received_events_url: '/received_events',
}

/** The schema `simple-user`. */
export function userJson(user: User, urls: Urls): Json {
  const url = `${urls.api}/users/${encodeURIComponent(user.login)}`
  const links = Object.entries(LINKS).map(([key, path]) => [key, `${url}${path}`])
  const page = user.type === 'Bot' ? `apps/${user.login.replace('[bot]', '')}` : user.login
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('User', user.id),
    avatar_url: `${urls.server}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${urls.server}/${page}`,
    ...Object.fromEntries(links),
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  }
}

/** The schema `public-user`. */
export function publicUserJson(user: User, urls: Urls): Json {
  const nothing = { name: null, company: null, blog: '', location: null, email: null, hireable: null, bio: null }
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 }
  const createdAt = timestamp(user.createdAt)
  return { ...userJson(user, urls), ...nothing, ...counts, created_at: createdAt, updated_at: createdAt }
}

/** The schema `integration` for GitHub Actions. */
export function actionsAppJson(urls: Urls): Json {
  const owner: User = { id: 9919, login: 'github', type: 'Organization', createdAt: new Date(0) }
  return {
    id: ACTIONS_APP_ID,
    slug: 'github-actions',
    node_id: nodeId('App', ACTIONS_APP_ID),
    owner: userJson(owner, urls),
    name: 'GitHub Actions',
    description: 'Automate your workflow from idea to production',
    external_url: 'https://help.github.com/en/actions',
    html_url: `${urls.server}/apps/github-actions`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2024-04-10T20:33:16Z',
    permissions: { actions: 'write', checks: 'write', contents: 'write', issues: 'write', metadata: 'read' },
    events: [],
  }
}

/** `performed_via_github_app`: the app for what its bot did, else null. */
export function viaApp(user: User, urls: Urls): Json | null {
  return user.login === 'github-actions[bot]' ? actionsAppJson(urls) : null
}
