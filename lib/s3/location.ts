import { invalidInput } from '../action/errors.ts'
import { isPlainSegment } from './keys.ts'

/** A prefix of a bucket. */
export interface S3Location {
  kind: 's3'
  bucket: string
  /** Without a slash in front or behind; may be empty. */
  prefix: string
  /** Address of another server than Amazon's. */
  endpoint?: string | undefined
  region?: string | undefined
  /** Name in the credentials file. */
  profile?: string | undefined
  storageClass?: string | undefined
  /** How the store encrypts what it holds: `AES256`, `aws:kms` or `aws:kms:dsse`. */
  sse?: string | undefined
}

export interface FolderLocation {
  kind: 'folder'
  /** Absolute and normalised. */
  path: string
}

export type StoreLocation = S3Location | FolderLocation

const FORM = 's3://bucket/prefix?endpoint=…&region=…&profile=… or file:///path'
const SETTINGS = ['endpoint', 'region', 'profile'] as const
const PATTERNS = {
  // "General purpose bucket naming rules", Amazon S3 user guide.
  bucket: /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  region: /^[a-z0-9-]{1,64}$/,
  profile: /^[\w.+=,@ -]{1,128}$/,
}

/**
 * The place that an address names. Throws an `invalid-input` sentence that begins with `label` and never quotes the address,
 * since people put credentials into addresses.
 */
export function parseStoreUrl(text: string, label = 'The address of a store'): StoreLocation {
  if (text.startsWith('file:')) return parseFolder(text, label)
  const parts = /^s3:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text)
  if (parts === null) throw invalidInput(`${label} isn't of the form ${FORM}.`)
  const [, bucket = '', path = '', query = ''] = parts
  if (bucket.includes('@')) throw invalidInput(`${label} holds credentials, which belong in environment or profile.`)
  const location: S3Location = { kind: 's3', bucket, prefix: path.replace(/\/$/, ''), ...settingsOf(query, label) }
  checkLocation(location, label)
  return location
}

function parseFolder(text: string, label: string): FolderLocation {
  const path = /^file:\/\/(\/[^?#]*)$/.exec(text)?.[1]
  if (path === undefined) throw invalidInput(`${label} isn't of the form file:///path.`)
  const location: FolderLocation = { kind: 'folder', path: path.replace(/(.)\/$/, '$1') }
  checkLocation(location, label)
  return location
}

function settingsOf(query: string, label: string): Partial<Record<(typeof SETTINGS)[number], string>> {
  const given = [...new URLSearchParams(query)]
  const names = given.map(([name]) => name)
  const known = names.every((name) => (SETTINGS as readonly string[]).includes(name))
  if (!known || new Set(names).size < names.length) {
    throw invalidInput(`${label} has an unknown or repeated setting; allowed are ${SETTINGS.join(', ')}, each once.`)
  }
  return Object.fromEntries(given)
}

/** Throws an `invalid-input` sentence that begins with `label` for a place that can't be, or that leads elsewhere than it says. */
export function checkLocation(location: StoreLocation, label = 'The store'): void {
  if (location.kind === 'folder') checkFolder(location, label)
  else checkS3(location, label)
}

function checkFolder({ path }: FolderLocation, label: string): void {
  if (!path.startsWith('/') || path === '/') throw invalidInput(`${label} isn't the absolute path of a folder below /.`)
  checkSegments(path.slice(1), label)
}

function checkS3(location: S3Location, label: string): void {
  const { bucket, prefix, endpoint, region, profile } = location
  if (bucket === '') throw invalidInput(`${label} names no bucket.`)
  if (!PATTERNS.bucket.test(bucket)) {
    throw invalidInput(`${label} has a bucket with an impossible name; allowed are 3 to 63 of a-z, 0-9, . and -`)
  }
  if (prefix !== '') checkSegments(prefix, label)
  if (endpoint !== undefined) checkEndpoint(endpoint, label)
  if (region !== undefined && !PATTERNS.region.test(region)) throw invalidInput(`${label} has an impossible region.`)
  if (profile !== undefined && !PATTERNS.profile.test(profile))
    throw invalidInput(`${label} has an impossible profile.`)
}

function checkSegments(path: string, label: string): void {
  if (path.includes('%')) throw invalidInput(`${label} has a % in its path, which is written as it is and not decoded.`)
  if (path.split('/').every(isPlainSegment)) return
  throw invalidInput(
    `${label} has a path with a segment that is empty, . or .., or that holds a backslash or control character.`,
  )
}

function checkEndpoint(endpoint: string, label: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidInput(`${label} has an endpoint that is no http or https address.`)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalidInput(`${label} has an endpoint with credentials, a query or a fragment; allowed is https://host:port`)
  }
}
