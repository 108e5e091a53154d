/** An image reference in its parts, as the container runtime completes it. */
export interface Reference {
  /** `docker.io` where none is written. */
  registry: string
  /** `library/nginx` for Docker Hub's `nginx`. */
  repository: string
  tag?: string
  /** `sha256:…` */
  digest?: string
}

/** The grammar of github.com/distribution/reference. */
const DOMAIN =
  /^(?:\[[\da-fA-F:]+\]|[a-zA-Z\d](?:[-a-zA-Z\d]*[a-zA-Z\d])?(?:\.[a-zA-Z\d](?:[-a-zA-Z\d]*[a-zA-Z\d])?)*)(?::\d+)?$/
const PATH = /^[a-z\d]+(?:(?:[._]|__|-+)[a-z\d]+)*(?:\/[a-z\d]+(?:(?:[._]|__|-+)[a-z\d]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z\d]*(?:[-_+.][A-Za-z][A-Za-z\d]*)*:[\da-fA-F]{32,}$/
const MAX_NAME = 255

/** `undefined` if it is no reference. */
export function parseReference(text: string): Reference | undefined {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  // The last colon is a port's when a slash follows.
  const colon = named.lastIndexOf(':')
  const tag = colon > named.lastIndexOf('/') ? named.slice(colon + 1) : undefined
  const name = tag === undefined ? named : named.slice(0, colon)
  if (tag !== undefined && !TAG.test(tag)) return undefined
  if (digest !== undefined && !DIGEST.test(digest)) return undefined
  const parts = name.length > MAX_NAME ? undefined : splitName(name)
  return parts && { ...parts, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** What comes before the first slash is a registry if it can't be a user of Docker Hub. */
function splitName(name: string): Pick<Reference, 'registry' | 'repository'> | undefined {
  const [first = '', ...rest] = name.split('/')
  const isRegistry = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost')
  const registry = !isRegistry || first === 'index.docker.io' ? 'docker.io' : first
  const path = isRegistry ? rest.join('/') : name
  if (!DOMAIN.test(registry) || !PATH.test(path)) return undefined
  return { registry, repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path }
}

/** `docker.io/library/nginx`: the same for every way of writing it. */
export function repositoryName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`
}
