/** What to send, and how it is judged. Plain data: it goes to another thread. */
export interface LoadOptions {
  /** http only. */
  url: string
  ratePerSecond: number
  /** For a whole request, from the connection to the last byte. */
  timeoutMs: number
  /** `address:port` to connect to instead of the URL's host, which is still what the request names. */
  connectTo?: string
  /** Connections are kept and used again; by default each request has its own, as many clients do. */
  keepAlive?: boolean
  /** Requests that may be under way at once, 1000 by default. Those that are due above it are counted as `overflow`. */
  maxInFlight?: number
  /** What the body of a success has to match, in its first 64 KiB. */
  body?: RegExp
  /** Where a reply names its version: its header `x-version` by default, or the first group of a pattern for its body. */
  version?: { header: string } | { body: RegExp }
}

/** @throws RangeError for what can't be sent */
export function checkOptions({ url, ratePerSecond, timeoutMs, connectTo, maxInFlight }: LoadOptions): void {
  if (new URL(url).protocol !== 'http:') throw new RangeError(`${url} is not http`)
  if (connectTo !== undefined && !/^[^:]+:\d+$/.test(connectTo)) throw new RangeError(`${connectTo} is no address:port`)
  for (const [name, value = 1] of Object.entries({ ratePerSecond, timeoutMs, maxInFlight })) {
    if (!(value > 0 && value < 1e9)) throw new RangeError(`${name} can't be ${value}`)
  }
}
