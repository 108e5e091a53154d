import type { Repository } from '../world/repository.ts'

/** A JSON object on its way to a client. */
export type Json = Record<string, unknown>

/** GitHub's opaque global id; ours says what it is of, so that GraphQL can find it again. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url')
}

/** The parts of an id made by `nodeId`. */
export function parseNodeId(id: string): { kind: string; id: string } {
  const [kind = '', rest = ''] = Buffer.from(id, 'base64url').toString('utf8').split(':')
  return { kind, id: rest }
}

/** The REST address of a repository. */
export function apiOf(repository: Repository): string {
  return `${repository.world.urls.api}/repos/${repository.fullName}`
}

/** The page of a repository. */
export function pageOf(repository: Repository): string {
  return `${repository.world.urls.server}/${repository.fullName}`
}
