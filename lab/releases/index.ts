// A stand-in of both publishers' release pages, on loopback: indexes, archives, checksums, signatures, and faults.
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { zipOf } from './archive.ts'
import { createSigner, type Signer } from './signer.ts'

export { createSigner, type Signer } from './signer.ts'

export type Program = 'terraform' | 'tofu'

/** What is wrong with one file. `once`: only the first answer is. */
export type Fault =
  | { kind: 'missing' }
  | { kind: 'error'; status: number; once?: boolean }
  | { kind: 'redirect'; to: string }
  /** Announces the whole file, sends half of it and hangs up. */
  | { kind: 'cut' }
  /** Sends half of the file, then nothing. */
  | { kind: 'stalled' }
  | { kind: 'replaced'; content: Buffer }

export interface ReleaseLab {
  /** `http://127.0.0.1:<port>` */
  origin: string
  /** Whose signatures the page has. */
  signer: Signer
  /** Paths that were asked for, in order. */
  requests: string[]
  /** Publishes a version whose archive holds `content` as the program. */
  publish(program: Program, version: string, content: Buffer | string): Promise<void>
  /** Breaks the file whose path ends with `path`. */
  fault(path: string, fault: Fault): void
  close(): Promise<void>
}

/** Both pages, with the paths that the publishers have: `/terraform/index.json`, `/tofu/api.json`, `/<program>/<version>/…`. */
export async function startReleases(): Promise<ReleaseLab> {
  const signer = await createSigner()
  const files = new Map<string, Buffer>()
  const faults = new Map<string, Fault>()
  const versions: Record<Program, string[]> = { terraform: [], tofu: [] }
  const requests: string[] = []

  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const content = files.get(path) ?? indexOf(path, versions)
    const [key, fault] = [...faults].find(([end]) => path.endsWith(end)) ?? []
    if (key !== undefined && fault?.kind === 'error' && fault.once) faults.delete(key)
    respond(response, content, fault)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signer,
    requests,
    async publish(program, version, content) {
      const archive = zipOf({ 'LICENSE.txt': Buffer.from('A licence'), [program]: Buffer.from(content) })
      const name = `${program}_${version}_${platform()}.zip`
      const sums = Buffer.from(`${'0'.repeat(64)}  ${program}_${version}_plan9_mips.zip\n${sha256(archive)}  ${name}\n`)
      const prefix = `/${program}/${version}/${program}_${version}_SHA256SUMS`
      files.set(`/${program}/${version}/${name}`, archive)
      files.set(prefix, sums)
      files.set(prefix + (program === 'tofu' ? '.gpgsig' : '.sig'), await signer.sign(sums))
      versions[program].push(version)
    },
    fault: (path, fault) => void faults.set(path, fault),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As it stands in archives' names. */
export function platform(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`
}

function indexOf(path: string, versions: Record<Program, string[]>): Buffer | undefined {
  if (path === '/terraform/index.json') {
    const listed = versions.terraform.map((version) => [version, { name: 'terraform', version, builds: [] }])
    return Buffer.from(JSON.stringify({ name: 'terraform', versions: Object.fromEntries(listed) }))
  }
  if (path === '/tofu/api.json')
    return Buffer.from(JSON.stringify({ versions: versions.tofu.map((id) => ({ id, files: [] })) }))
  return undefined
}

function respond(response: ServerResponse, content: Buffer | undefined, fault: Fault | undefined): void {
  if (content === undefined || fault?.kind === 'missing') return void response.writeHead(404).end('Not found')
  switch (fault?.kind) {
    case 'error':
      return void response.writeHead(fault.status).end('Something is wrong')
    case 'redirect':
      return void response.writeHead(302, { location: fault.to }).end()
    case 'cut':
    case 'stalled':
      return void sendHalf(response, content, fault.kind)
    default:
      return void response.writeHead(200).end(fault?.kind === 'replaced' ? fault.content : content)
  }
}

function sendHalf(response: ServerResponse, content: Buffer, then: 'cut' | 'stalled'): void {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, content.length / 2), () => {
    if (then === 'cut') response.destroy()
  })
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
