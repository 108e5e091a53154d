import { spawn } from 'node:child_process'
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { BackupError } from '../failure.ts'

/** The zstd program at work. Node's own zstd streams crash or write unstable bytes with several threads. */
export interface Zstd {
  stdin: Writable
  stdout: Readable
  /** Its output was read to the end and it ended well; else rejects with `client-missing`, or what `explain` makes of it. */
  ended: Promise<void>
  /** At once. Does nothing to one that has ended. */
  kill(): void
}

export interface Compression {
  /** 1 to 19. */
  level: number
  threads: number
}

/** Makes the error of a zstd that failed; `detail` is its own last words, or the signal. */
type Explain = (detail: string) => BackupError

export function startCompressor({ level, threads }: Compression, explain: Explain): Zstd {
  return start(['-q', '-c', `-${level}`, `-T${threads}`], explain)
}

export function startDecompressor(explain: Explain): Zstd {
  return start(['-q', '-c', '-d'], explain)
}

function start(args: readonly string[], explain: Explain): Zstd {
  const child = spawn('zstd', args, {
    stdio: 'pipe',
    // Nothing else, because ZSTD_CLEVEL and ZSTD_NBTHREADS would decide over our own settings.
    env: { PATH: process.env['PATH'] },
    // A Ctrl-C in a terminal reaches it through us only, so that an interrupted run ends in order.
    detached: true,
  })
  const stderr = lastWords(child.stderr)
  // A program that has ended reads no more; how it ended tells whether that was a failure.
  child.stdin.on('error', () => undefined)
  child.stdout.on('error', () => undefined)
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(notRunnable(cause)))
    child.once('close', (code, signal) => (code === 0 ? resolve() : reject(explain(signal ?? stderr()))))
  })
  ended.catch(() => undefined)
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    kill() {
      child.kill('SIGKILL')
      child.stdin.destroy()
      child.stdout.destroy()
    },
  }
}

function lastWords(stderr: Readable): () => string {
  let text = ''
  stderr.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-1000)
  })
  return () => text.trim().replaceAll('/*stdin*\\', 'its input').split('\n').at(-1) || 'no reason given'
}

function notRunnable(cause: Error): BackupError {
  const isMissing = 'code' in cause && cause.code === 'ENOENT'
  return new BackupError(
    'client-missing',
    isMissing ? 'The program zstd was not found on PATH.' : 'The program zstd can not be started.',
    { remedy: 'Install it (`apt-get install zstd`, `brew install zstd`).', cause },
  )
}

/** For what fits in memory. One frame with a checksum, as the program writes it. */
export function compress(plain: Uint8Array, level: number): Buffer {
  return zstdCompressSync(plain, {
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  })
}

/** @throws Error when it isn't zstd, was changed or cut, or has more than `maxBytes` */
export function decompress(compressed: Uint8Array, maxBytes: number): Buffer {
  return zstdDecompressSync(compressed, { maxOutputLength: maxBytes })
}
