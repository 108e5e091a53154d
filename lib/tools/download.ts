import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'

/** Gets a file from a publisher, whole. Rejects with a `DownloadError`. */
export type Download = (url: string) => Promise<Buffer>

export interface DownloadOptions {
  /** The one origin that may be plain http, `http://127.0.0.1:4711`: a stand-in on this machine. */
  plainOrigin?: string
  /** Most bytes of one file. */
  maxBytes?: number
  /** Longest silence of the server. */
  idleMs?: number
  /** Before the second attempt, the third, … */
  pausesMs?: readonly number[]
}

/** A file that couldn't be had; the message is the end of a sentence. `status` is the server's last word, if it had one. */
export class DownloadError extends Error {
  readonly status: number | undefined

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'DownloadError'
    this.status = options.status
  }
}

const MOST_REDIRECTS = 5

/** A release's archive has some 30 to 40 MB. */
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Downloads over https only, also where the server redirects to, through the proxy that the environment names
 * (HTTPS_PROXY, NO_PROXY). What may be a passing fault (no answer, a broken one, 408, 429, 5xx) is tried again.
 */
export function createDownload(options: DownloadOptions = {}): Download {
  const { plainOrigin, maxBytes = MOST_BYTES, idleMs = 30_000, pausesMs = [1_000, 5_000] } = options
  const agent = new https.Agent({ proxyEnv: process.env })

  /** One request: the body, or where it is to be found instead. */
  async function request(url: URL): Promise<{ body: Buffer } | { location: string }> {
    requireHttps(url, plainOrigin)
    const response = await answer(url, idleMs, agent)
    const { statusCode: status = 0, headers } = response
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      response.destroy()
      return { location: headers.location }
    }
    if (status !== 200) {
      response.destroy()
      throw new DownloadError(`${url.href} answers ${status}`, { status })
    }
    return { body: await readWhole(response, url, maxBytes) }
  }

  async function attempt(start: string): Promise<Buffer> {
    let url = new URL(start)
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const result = await request(url)
      if ('body' in result) return result.body
      url = new URL(result.location, url)
    }
    throw new DownloadError(`${start} redirects more than ${MOST_REDIRECTS} times`, { status: 310 })
  }

  return async (url) => {
    for (const pauseMs of pausesMs) {
      try {
        return await attempt(url)
      } catch (error) {
        if (!mayPass(error)) throw error
        await pause(pauseMs)
      }
    }
    return attempt(url)
  }
}

function requireHttps(url: URL, plainOrigin: string | undefined): void {
  if (url.protocol === 'https:' || url.origin === plainOrigin) return
  throw new DownloadError(`${url.href} is not https`, { status: 0 })
}

/** Without a status nobody has answered, or not to the end. */
function mayPass(error: unknown): boolean {
  const status = error instanceof DownloadError ? error.status : 0
  return status === undefined || status === 408 || status === 429 || status >= 500
}

function answer(url: URL, idleMs: number, agent: https.Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { timeout: idleMs, headers: { 'user-agent': 'ondol' } }
    const request =
      url.protocol === 'https:' ? https.get(url, { ...options, agent }, resolve) : http.get(url, options, resolve)
    request.on('timeout', () => request.destroy(new Error(`no answer within ${idleMs / 1000} s`)))
    request.on('error', (cause) => reject(broken(url, cause)))
  })
}

async function readWhole(response: IncomingMessage, url: URL, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length
      if (bytes > maxBytes) break
      chunks.push(chunk as Buffer)
    }
  } catch (cause) {
    throw broken(url, cause)
  }
  if (bytes <= maxBytes) return Buffer.concat(chunks)
  throw new DownloadError(`${url.href} has more than ${maxBytes} bytes`, { status: 200 })
}

function broken(url: URL, cause: unknown): DownloadError {
  return new DownloadError(`${url.href}: ${(cause as Error).message}`, { cause })
}
