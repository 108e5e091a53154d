import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from './service.ts'

/** How long a connection that was accepted at the last moment has to send its request. */
const lateRequestMs = 1000

/**
 * Ends the service without losing a request: first the others learn that this replica goes away, while it serves as
 * before; then it stops accepting; then it finishes what it has begun; the database is let go last.
 *
 * @param delayMs how long others need to learn it: the probe's period and the way of the news to every proxy. Longer
 *   than the keep-alive timeout, so that by its end every idle connection is closed, by the answer to its next request
 *   or by its timeout: closing one while a request is on its way loses that request
 * @param deadlineMs the end of all patience
 * @returns how many requests were cut off by the deadline, or undefined when it was in time
 */
export async function shutDown(service: Service, delayMs: number, deadlineMs: number): Promise<number | undefined> {
  const deadline = sleep(deadlineMs, 'late', { ref: false })
  service.lifecycle.phase = 'stopping'
  const end = await Promise.race([stop(service, delayMs), deadline])
  return end === 'late' ? requestsInFlight(service) : undefined
}

async function stop(service: Service, delayMs: number): Promise<void> {
  await sleep(delayMs)
  const closed = service.app.close()
  await Promise.race([closed, sleep(lateRequestMs)])
  while ((await requestsInFlight(service)) > 0) await sleep(20)
  // What is left never sent a request: browsers open such connections in advance.
  service.app.server.closeAllConnections()
  await closed
  await Promise.all([service.metricsApp.close(), ...service.pools.map((pool) => pool.end())])
}

async function requestsInFlight({ metrics }: Service): Promise<number> {
  const { values } = await metrics.requestsInFlight.get()
  return values[0]?.value ?? 0
}
