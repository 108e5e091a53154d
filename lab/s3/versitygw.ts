import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real S3 server (versitygw over a folder) on a loopback port. */
export interface S3Server {
  endpoint: string
  accessKey: string
  secretKey: string
  /** Where its buckets lie as folders and its objects as files. */
  folder: string
  close(): Promise<void>
}

const ACCESS_KEY = 'lab-access-key'
const SECRET_KEY = 'lab-secret-key-of-the-s3-server'

/** Starts it with the given buckets; it is ready when this resolves. */
export async function startS3(program: string, buckets: readonly string[]): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-s3-'))
  for (const bucket of buckets) mkdirSync(join(folder, bucket))
  const port = await freePort()
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet', 'posix', folder], {
    env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    folder,
    async close() {
      child.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await untilHealthy(server.endpoint)
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

async function untilHealthy(endpoint: string): Promise<void> {
  const deadline = performance.now() + 15_000
  while (performance.now() < deadline) {
    const reply = await fetch(`${endpoint}/health`).catch(() => undefined)
    if (reply?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('versitygw did not become healthy within 15 s')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
