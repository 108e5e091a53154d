import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Artifact } from '../world/artifact.ts'
import type { World } from '../world/world.ts'

/** What a signed address lets its bearer do. */
export type BlobRight = 'r' | 'w'

const LIFETIME_SECONDS = 600
const KEY = randomBytes(32)

function signature(path: string, right: string, expires: string): string {
  return createHmac('sha256', KEY).update(`${path}\n${right}\n${expires}`).digest('hex')
}

/** An address of an artifact's blob, good for ten minutes of the world's time and for one right only. */
export function signedUrl({ clock, urls }: World, artifact: Artifact, right: BlobRight): string {
  const path = `/blobs/actions-results/${artifact.id}`
  const expires = new Date(clock.now().getTime() + LIFETIME_SECONDS * 1000).toISOString()
  const query = new URLSearchParams({ se: expires, sp: right, sig: signature(path, right, expires) })
  return `${urls.results}${path}?${query}`
}

/** Whether an address carries this right, was signed here and is still good. */
export function isGranted(url: URL, right: BlobRight, now: Date): boolean {
  const expires = url.searchParams.get('se') ?? ''
  const expected = Buffer.from(signature(url.pathname, right, expires))
  const given = Buffer.from(url.searchParams.get('sig') ?? '')
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected)
  return isSigned && new Date(expires) > now
}
