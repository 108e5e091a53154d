import type { S3Client } from '@aws-sdk/client-s3'
import { UserError } from '../action/errors.ts'
import type { S3Location } from './location.ts'
import type { StoreSettings } from './options.ts'
import { withRetries } from './retry.ts'
import { connect } from './s3-client.ts'
import { isTransient, storeError } from './s3-errors.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** One request, for its error's sentence and for what may be repeated. */
export interface Call {
  /** The right that it needs, e.g. `s3:PutObject`. */
  action: string
  /** In words that complete "could not". */
  doing: string
  /** Gives it up. */
  signal?: AbortSignal | undefined
  /** What may be repeated besides what always may. */
  mayRepeat?: (error: unknown) => boolean
}

export type Send<T> = (client: S3Client, options: { abortSignal?: AbortSignal }) => Promise<T>

/** A bucket's prefix as all of lib/s3/s3-*.ts uses it. */
export interface Target {
  /** For people: `s3://bucket/prefix`. */
  name: string
  bucket: string
  location: S3Location
  settings: StoreSettings
  throttle: Throttle
  clockSkewMs(): number | undefined
  /** The object's key in the bucket. */
  fullKey(key: string): string
  /** Makes a request, repeats it as often as allowed, and throws a StoreError when that was in vain. */
  call<T>(call: Call, send: Send<T>): Promise<T>
  close(): void
}

export function targetAt(location: S3Location, settings: StoreSettings): Target {
  const throttle = createThrottle(settings.bandwidthLimit)
  const { client, clockSkewMs } = connect(location, settings, throttle)
  const { bucket, prefix } = location
  const name = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
  return {
    name,
    bucket,
    location,
    settings,
    throttle,
    clockSkewMs,
    fullKey: (key) => (prefix === '' ? key : `${prefix}/${key}`),
    async call(call, send) {
      const options = call.signal === undefined ? {} : { abortSignal: call.signal }
      const mayRepeat = (error: unknown) => isTransient(error) || call.mayRepeat?.(error) === true
      try {
        return await withRetries(settings.retries, () => send(client, options), mayRepeat, call.signal)
      } catch (error) {
        if (error instanceof UserError) throw error
        const { action, doing } = call
        throw storeError(error, { store: name, bucket, action, doing, clockSkewMs: clockSkewMs() })
      }
    },
    close: () => client.destroy(),
  }
}
