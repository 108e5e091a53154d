import { fullCommitJson } from '../view/commit.ts'
import { apiOf, nodeId, pageOf } from '../view/json.ts'
import { activityJson, fullRepositoryJson, permissionJson } from '../view/repository.ts'
import { git, gitOrNull, resolveCommit } from '../world/git.ts'
import { cursorReply } from './page.ts'
import { type Call, notFound, ok, type Reply, type Route, repositoryOf } from './route.ts'

function permission(call: Call): Reply {
  const login = call.params['username'] ?? ''
  const user = call.world.findUser(login)
  if (user === null || user.type !== 'User') throw notFound(`${login} is not a user`)
  return ok(permissionJson(repositoryOf(call), user))
}

function fullBranch(name: string): string {
  return name.startsWith('refs/') ? name : `refs/heads/${name}`
}

function activity(call: Call): Reply {
  const repository = repositoryOf(call)
  const { query } = call
  const [ref, actor, type] = [query.get('ref'), query.get('actor'), query.get('activity_type')]
  const found = repository.activities
    .filter((move) => ref === null || move.ref === fullBranch(ref))
    .filter((move) => actor === null || move.actor.login === actor)
    .filter((move) => type === null || move.type === type)
  const ordered = query.get('direction') === 'asc' ? found : found.toReversed()
  return cursorReply(call, ordered, (move) => activityJson(repository, move))
}

function branch(call: Call): Reply {
  const repository = repositoryOf(call)
  const name = call.params['branch'] ?? ''
  const sha = resolveCommit(repository.gitDir, `refs/heads/${name}`)
  if (sha === null) throw notFound('Branch not found')
  const self = `${apiOf(repository)}/branches/${name}`
  return ok({
    name,
    commit: fullCommitJson(repository, sha),
    _links: { self, html: `${pageOf(repository)}/tree/${name}` },
    protected: false,
    protection: { enabled: false },
    protection_url: `${self}/protection`,
  })
}

function gitRef(call: Call): Reply {
  const repository = repositoryOf(call)
  const ref = `refs/${call.params['ref']}`
  const sha = gitOrNull(repository.gitDir, ['show-ref', '--verify', '--hash', ref])
  if (sha === null) throw notFound()
  const type = git(repository.gitDir, ['cat-file', '-t', sha])
  const url = `${apiOf(repository)}/git`
  const object = { type, sha, url: `${url}/${type}s/${sha}` }
  return ok({ ref, node_id: nodeId('Ref', ref), url: `${url}/${ref}`, object })
}

export const repositoryRoutes: Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}',
    needs: ['metadata:read'],
    handle: (call) => ok(fullRepositoryJson(repositoryOf(call))),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
    needs: ['metadata:read'],
    handle: permission,
  },
  { operation: 'GET /repos/{owner}/{repo}/activity', needs: ['contents:read'], handle: activity },
  { operation: 'GET /repos/{owner}/{repo}/branches/{branch}', needs: ['contents:read'], handle: branch },
  { operation: 'GET /repos/{owner}/{repo}/git/ref/{ref}', needs: ['contents:read'], handle: gitRef },
]
