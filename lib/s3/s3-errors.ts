import { StoreError } from './store.ts'

/** What was tried, for the sentence of its error. */
export interface Attempted {
  /** For people: `s3://bucket/prefix`. */
  store: string
  bucket: string
  /** The right that it needs, e.g. `s3:PutObject`. */
  action: string
  /** In words that complete "could not": `write shop/…/manifest.json`. */
  doing: string
  clockSkewMs: number | undefined
}

interface ServiceError {
  name?: string
  code?: string
  message?: string
  $metadata?: { httpStatusCode?: number }
}

/** Codes of S3 ("Error responses", API reference) and of its kin. */
const CODES = {
  transient: [
    'BadDigest',
    'ConditionalRequestConflict',
    'IncompleteBody',
    'InternalError',
    'OperationAborted',
    'RequestTimeout',
    'ServiceUnavailable',
    'SlowDown',
    'Throttling',
    'TimeoutError',
    'TooManyRequests',
    'XAmzContentChecksumMismatch',
    'XAmzContentSHA256Mismatch',
  ],
  damaged: ['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'],
  full: [
    'EntityTooLarge',
    'InsufficientStorage',
    'QuotaExceeded',
    'XMinioAdminBucketQuotaExceeded',
    'XMinioStorageFull',
  ],
  credentials: [
    'CredentialsProviderError',
    'ExpiredToken',
    'InvalidAccessKeyId',
    'InvalidToken',
    'SignatureDoesNotMatch',
    'TokenProviderError',
    'TokenRefreshRequired',
  ],
  clock: ['RequestTimeTooSkewed', 'RequestExpired'],
  region: ['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', 'PermanentRedirect'],
}

/** Errors of Node's sockets and resolver that may pass; a certificate's don't. */
const TRANSIENT_CONNECTION = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]

/** By status, for replies without a body. */
const CODE_OF_STATUS: Record<number, string> = {
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
  501: 'NotImplemented',
  507: 'InsufficientStorage',
}

/** What the SDK calls an error whose reply has no code. */
const NO_CODE = ['', 'Error', 'Forbidden', 'S3ServiceException', 'Unknown', 'UnknownError']

/** The store's own code of an error, or that of its status. */
export function errorCode(error: unknown): string {
  const { name = '', $metadata } = serviceError(error)
  return NO_CODE.includes(name) ? (CODE_OF_STATUS[$metadata?.httpStatusCode ?? 0] ?? name) : name
}

/** For `.catch`: this value instead of an error that has one of these codes. */
export function whenCode<T>(codes: readonly string[], value: T): (error: unknown) => T {
  return (error) => {
    if (codes.includes(errorCode(error))) return value
    throw error
  }
}

/** Whether the same request may succeed when it is repeated. */
export function isTransient(error: unknown): boolean {
  const { $metadata, code } = serviceError(error)
  if (CODES.transient.includes(errorCode(error))) return true
  const status = $metadata?.httpStatusCode
  if (status !== undefined) return status === 429 || (status >= 500 && ![501, 505, 507].includes(status))
  return code !== undefined && TRANSIENT_CONNECTION.includes(code)
}

/** Whether a lock keeps what was to be deleted. AWS and versitygw say "object lock", MinIO and its kin "WORM". */
export function isLocked(error: unknown): boolean {
  return /object[ -]?lock|WORM|retention|legal hold/i.test(serviceError(error).message ?? '')
}

/** The error as the user is told. */
export function storeError(error: unknown, tried: Attempted): StoreError {
  const code = errorCode(error)
  const { store, bucket, action, doing } = tried
  const could = `${store} could not ${doing}`
  if (CODES.clock.includes(code)) return clockError(tried, error)
  if (CODES.credentials.includes(code)) {
    const remedy = 'Check the credentials of this step (AWS_ACCESS_KEY_ID and its kin, the profile or the role).'
    return new StoreError('store-denied', `${store} doesn't accept the credentials (${code}).`, {
      remedy,
      cause: error,
    })
  }
  if (code === 'NoSuchBucket') {
    const remedy = 'Create it, or correct its name, region or endpoint.'
    return new StoreError('store-missing', `There is no bucket ${bucket} (${store}).`, { remedy, cause: error })
  }
  if (CODES.full.includes(code) || serviceError(error).$metadata?.httpStatusCode === 507) {
    const remedy = 'Raise the quota, or remove what is no longer needed.'
    return new StoreError('store-full', `${could}: it is full (${code}).`, { remedy, cause: error })
  }
  if (code === 'AccessDenied' || code === 'AllAccessDisabled') {
    const remedy = `Allow ${action} on it in the policy of the role or the bucket.`
    return new StoreError('store-denied', `${store} denies ${action}: could not ${doing}.`, { remedy, cause: error })
  }
  if (CODES.region.includes(code)) {
    const remedy = "Set the bucket's region."
    return new StoreError('store-denied', `${could}: the bucket is in another region (${code}).`, {
      remedy,
      cause: error,
    })
  }
  return otherError(error, could)
}

function otherError(error: unknown, could: string): StoreError {
  const code = errorCode(error)
  if (CODES.damaged.includes(code)) {
    return new StoreError('store-unreachable', `${could}: the bytes arrive damaged, each time (${code}).`, {
      cause: error,
    })
  }
  if (['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchVersion'].includes(code)) {
    return new StoreError('store-missing', `${could}: it isn't there (${code}).`, { cause: error })
  }
  if (code === 'PreconditionFailed') {
    return new StoreError('store-missing', `${could}: another object has taken its place.`, { cause: error })
  }
  const { $metadata, message = '' } = serviceError(error)
  const status = $metadata?.httpStatusCode
  const said = [status, code, message].filter((part) => part !== undefined && part !== '').join(' ')
  const refused = status !== undefined && status >= 400 && !isTransient(error)
  return new StoreError(refused ? 'store-denied' : 'store-unreachable', `${could}: ${said}.`, { cause: error })
}

function clockError({ store, clockSkewMs = 0 }: Attempted, cause: unknown): StoreError {
  const here = new Date()
  const there = new Date(here.getTime() - clockSkewMs)
  const minutes = Math.round(Math.abs(clockSkewMs) / 60_000)
  return new StoreError(
    'clock',
    `It is ${here.toISOString()} by this machine's clock and ${there.toISOString()} by that of ${store}: ${minutes} minutes apart.`,
    { remedy: "Correct this machine's clock.", cause },
  )
}

function serviceError(error: unknown): ServiceError {
  return typeof error === 'object' && error !== null ? error : {}
}
