import { Transform, type TransformCallback } from 'node:stream'
import type { Member } from './tar-header.ts'
import { createTarScanner } from './tar-stream.ts'

/**
 * A tar stream without the members that aren't accepted. What stays is passed on in the pieces that it came in, as large as they
 * are, and never copied.
 */
export function selectMembers(accepts: (member: Member) => boolean): Transform {
  let chunk: Buffer = Buffer.alloc(0)
  /** Where in the chunk begins what is to be passed on; -1 for nowhere. */
  let keptFrom = -1
  /** Where in the chunk begin the headers of a member about which nothing is decided; -1 for nowhere. */
  let openFrom = -1
  /** Such headers of earlier chunks. */
  let held: Buffer[] = []
  let accepted = true

  const stream = new Transform({
    transform(bytes: Buffer, _encoding, done: TransformCallback) {
      chunk = bytes
      keptFrom = -1
      openFrom = held.length > 0 ? 0 : -1
      try {
        scanner.push(bytes)
        if (openFrom !== -1) holdBack()
        else pass(bytes.length)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      try {
        scanner.finish()
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })

  function pass(to: number): void {
    if (keptFrom !== -1 && keptFrom < to) stream.push(chunk.subarray(keptFrom, to))
    keptFrom = -1
  }

  function holdBack(): void {
    pass(openFrom)
    held.push(chunk.subarray(openFrom))
  }

  function decide(isAccepted: boolean): void {
    accepted = isAccepted
    if (isAccepted) {
      for (const bytes of held) stream.push(bytes)
      if (keptFrom === -1) keptFrom = openFrom
    } else pass(openFrom)
    held = []
    openFrom = -1
  }

  function follow(_bytes: Buffer, from: number): void {
    if (accepted && keptFrom === -1) keptFrom = from
  }

  const scanner = createTarScanner({
    header(_bytes, from) {
      if (openFrom === -1) openFrom = from
    },
    member: (member) => decide(accepts(member)),
    data: follow,
    padding: follow,
    end: () => decide(true),
  })
  return stream
}
