// A server between a client and an AWS that changes replies: for states that moto doesn't have.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Between {
  endpoint: string
  close(): Promise<void>
}

export interface Exchange {
  /** As EC2's query protocol names it. */
  action: string
  body: string
}

/** @param change gives the body of the reply that the client gets; when it throws, the connection breaks instead */
export async function startBetween(endpoint: string, change: (reply: Exchange) => string): Promise<Between> {
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request)
      const { authorization = '', 'content-type': type = '' } = request.headers
      const reply = await fetch(endpoint + request.url, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body: Buffer.from(body),
      })
      const action = new URLSearchParams(body.toString()).get('Action') ?? ''
      response.writeHead(reply.status, { 'content-type': 'text/xml' })
      response.end(change({ action, body: await reply.text() }))
    } catch {
      response.destroy()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
