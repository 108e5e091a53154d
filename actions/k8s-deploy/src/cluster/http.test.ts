import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { createClock } from './clock.ts'
import { createTransport, type Transport } from './http.ts'

const folder = mkdtempSync(join(tmpdir(), 'ondol-http-'))
let server: Server
let transport: Transport

async function serve(listener: RequestListener): Promise<Transport> {
  const socketPath = join(folder, 'api.sock')
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  transport = createTransport(
    { socketPath, pid: 0, lastWords: () => undefined, close: async () => undefined },
    createClock(),
  )
  return transport
}
afterEach(async () => {
  transport.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(join(folder, 'api.sock'), { force: true })
})

afterAll(() => rmSync(folder, { recursive: true }))

test('an answer that falls silent is given up, before its head and after', async () => {
  await serve(({ url }, response) => {
    if (url === '/line') response.writeHead(200).write('one')
  })
  const chunks: string[] = []
  const request = { method: 'GET', idleMs: 100 } as const
  await expect(transport.send({ ...request, path: '/' })).rejects.toMatchObject({ status: 0, reason: 'Unreachable' })
  const following = transport.follow({ ...request, path: '/line' }, (chunk) => chunks.push(String(chunk)))
  await expect(following).rejects.toMatchObject({ status: 0, reason: 'Unreachable' })
  expect(chunks).toEqual(['one'])
})

test('what the reader throws is thrown, and ends the answer', async () => {
  let ended: (() => void) | undefined
  const hungUp = new Promise<void>((resolve) => {
    ended = resolve
  })
  await serve((_, response) => {
    response.on('close', () => ended?.())
    response.writeHead(200).write('one')
  })
  const thrown = new SyntaxError('not JSON')
  const following = transport.follow({ method: 'GET', path: '/' }, () => {
    throw thrown
  })
  await expect(following).rejects.toBe(thrown)
  await hungUp
})

test('an abort ends a request with its own reason', async () => {
  await serve(() => undefined)
  const abort = new AbortController()
  const sending = transport.send({ method: 'GET', path: '/', signal: abort.signal })
  abort.abort()
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
})

test('a page of a gateway in between is told as it is', async () => {
  await serve((_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'))
  await expect(transport.send({ method: 'GET', path: '/' })).rejects.toMatchObject({
    status: 502,
    message: '<h1>Bad gateway</h1>',
  })
})
