import { invalidInput } from '../../../lib/action/errors.ts'
import type { InputReader } from '../../../lib/action/inputs.ts'
import { parseIdentities, parseRecipients } from '../../../lib/crypto/age-keys.ts'
import { checkLocation, parseStoreUrl, type StoreLocation } from '../../../lib/s3/location.ts'
import type { StoreOptions } from '../../../lib/s3/options.ts'

/** How objects are protected: in the store by its lock, and from whoever reads it by age. */
export interface Protection {
  lock: { mode: 'governance' | 'compliance'; days: number } | undefined
  /** age public keys; `none` was written out. */
  recipients: readonly string[] | 'none'
  indexKey: string | undefined
  /** age secret keys; empty for modes that need none. */
  identities: readonly string[]
}

/** Where the backups lie. */
export function storeOf(read: InputReader): StoreLocation {
  const bucket = read.text('bucket')
  if (bucket.includes(':')) {
    const location = parseStoreUrl(bucket, 'The input bucket')
    if (location.kind === 'folder') return withPrefix(location.path, read.optional('prefix'))
    throw invalidInput(
      'The input bucket is an s3:// address; write the name of the bucket alone, and its prefix in prefix.',
    )
  }
  const location: StoreLocation = {
    kind: 's3',
    bucket,
    prefix: trimmed(read.optional('prefix')),
    endpoint: read.optional('endpoint'),
    region: read.optional('region'),
    storageClass: read.optional('storage-class'),
    sse: read.optional('sse'),
  }
  checkLocation(location, 'The store that bucket, prefix, endpoint and region name')
  return location
}

function withPrefix(path: string, prefix: string | undefined): StoreLocation {
  const location: StoreLocation = {
    kind: 'folder',
    path: [path, trimmed(prefix)].filter((part) => part !== '').join('/'),
  }
  checkLocation(location, 'The store that bucket and prefix name')
  return location
}

/** Slashes at the ends are a matter of taste. */
function trimmed(prefix = ''): string {
  return prefix.replace(/^\/+|\/+$/g, '')
}

export function storeOptionsOf(read: InputReader): StoreOptions {
  return {
    partSize: read.text('part-size') === 'auto' ? 'auto' : read.size('part-size'),
    maxParts: read.count('max-parts', 1),
    concurrency: read.count('concurrency', 1),
    bandwidthLimit: read.optional('bandwidth-limit') === undefined ? undefined : read.size('bandwidth-limit'),
  }
}

const LOCKS = ['none', 'governance', 'compliance'] as const

/** @param writes a run that makes a backup needs recipients, and the key of its index */
export function protectionOf(read: InputReader, writes: boolean): Protection {
  const lock = read.choice('object-lock', LOCKS)
  const days = read.count('lock-days', 1)
  const identity = read.secret('identity')
  const indexKey = read.secret('index-key', 32)
  return {
    lock: lock === 'none' || days === undefined ? undefined : { mode: lock, days },
    recipients: recipientsOf(read, writes, indexKey),
    indexKey,
    identities: identity === undefined ? [] : parseIdentities(identity),
  }
}

/** Nobody stores anything readable by having forgotten an input. */
function recipientsOf(read: InputReader, writes: boolean, indexKey: string | undefined): readonly string[] | 'none' {
  const encryption = read.choice('encryption', ['age', 'none'])
  const recipients = parseRecipients(read.list('recipients'))
  if (encryption === 'none') {
    if (recipients.length > 0)
      throw invalidInput('The input encryption is none, and recipients has keys; remove one of them.')
    return 'none'
  }
  if (!writes) return recipients
  if (recipients.length === 0) {
    throw invalidInput(
      'The input recipients is empty; give at least one age public key (age-keygen makes one), or write encryption: none.',
    )
  }
  if (indexKey === undefined) {
    throw invalidInput(
      'The input index-key is empty; give a secret of at least 32 bytes, which the next backup needs to see what has changed.',
    )
  }
  return recipients
}
