import type { Location } from './source.ts'

/** RFC 1123 names, IPv4, and IPv6 in brackets. None begins with "-", which ssh would take for an option. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/
const USER = /^[A-Za-z_][A-Za-z0-9_.-]*$/
const KUBERNETES = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/
/** https://docs.docker.com/reference/cli/docker/container/create/ */
const CONTAINER = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
const INSTANCE = /^m?i-[0-9a-f]{8,17}$/
const SHAPE = /^(ssh|ssm):\/\/(?:([^@/]+)@)?([^@/]+)$/

/** Reads the `on:` of a source; `undefined` for what can't be one. */
export function parseLocation(text: string): Location | undefined {
  if (text === 'local') return { kind: 'local' }
  if (text.startsWith('kubernetes://')) return kubernetes(text.slice('kubernetes://'.length).split('/'))
  if (text.startsWith('docker://')) return docker(text.slice('docker://'.length))
  const [, scheme, user, host = ''] = SHAPE.exec(text) ?? []
  if (user !== undefined && !USER.test(user)) return undefined
  if (scheme === 'ssh') return ssh(user, host)
  if (scheme === 'ssm' && user !== undefined && INSTANCE.test(host)) return { kind: 'ssm', user, instance: host }
  return undefined
}

function ssh(user: string | undefined, address: string): Location | undefined {
  const [, host = '', digits] = /^(\[.*\]|[^:]*)(?::(\d{1,5}))?$/.exec(address) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (!HOST.test(host) || (port !== undefined && (port < 1 || port > 65_535))) return undefined
  return { kind: 'ssh', user, host: host.replace(/^\[|\]$/g, ''), port }
}

function kubernetes(parts: readonly string[]): Location | undefined {
  const [namespace, resource, name, container] = parts
  const isWhole = parts.length === 3 || parts.length === 4
  if (!isWhole || !parts.every((part) => KUBERNETES.test(part)) || !namespace || !resource || !name) return undefined
  return { kind: 'kubernetes', namespace, resource, name, container }
}

function docker(container: string): Location | undefined {
  return CONTAINER.test(container) ? { kind: 'docker', container } : undefined
}

/** As it was written. */
export function describeLocation(location: Location): string {
  switch (location.kind) {
    case 'local':
      return 'local'
    case 'ssh': {
      const host = location.host.includes(':') ? `[${location.host}]` : location.host
      const user = location.user === undefined ? '' : `${location.user}@`
      return `ssh://${user}${host}${location.port === undefined ? '' : `:${location.port}`}`
    }
    case 'kubernetes': {
      const { namespace, resource, name, container } = location
      return `kubernetes://${[namespace, resource, name, container].filter((part) => part !== undefined).join('/')}`
    }
    case 'docker':
      return `docker://${location.container}`
    case 'ssm':
      return `ssm://${location.user}@${location.instance}`
  }
}
