import {
  BLOCK,
  type Extension,
  isZero,
  type Member,
  memberOf,
  readPax,
  sizeOf,
  TarError,
  typeFlag,
} from './tar-header.ts'

/** What passes by. Bytes are told as a range of the chunk that they came in; nothing is copied. */
export interface TarEvents {
  /** Headers of the next member or the end marker, as they come: before `member` or `end`. */
  header?(chunk: Buffer, from: number, to: number): void
  member(member: Member): void
  data?(chunk: Buffer, from: number, to: number): void
  /** All its data has come, but maybe not yet what fills its last block. */
  memberEnd?(): void
  /** What fills a member's last block, or the archive's last record. */
  padding?(chunk: Buffer, from: number, to: number): void
  end?(): void
}

export interface TarScanner {
  /** @throws TarError */
  push(chunk: Buffer): void
  /** The stream has ended. @throws TarError when it should not have */
  finish(): void
}

type State = 'header' | 'extension' | 'data' | 'padding' | 'ended'

/** Longer headers than any xattr or ACL makes; a damaged length must not fill memory. */
const LONGEST_EXTENSION = 16 * 1024 * 1024
const NO_EXTENSION: Extension = { pax: new Map() }

/** Reads a tar stream in whatever pieces it comes, at the speed of memory. */
export function createTarScanner(events: TarEvents): TarScanner {
  const scratch = Buffer.alloc(BLOCK)
  let filled = 0
  let state: State = 'header'
  /** Bytes that this state still takes. */
  let left = 0
  let padding = 0
  let zeroBlocks = 0
  let extension: Extension = NO_EXTENSION
  let body = { flag: '', size: 0, pieces: [] as Buffer[] }

  function begin(next: State, bytes: number): void {
    state = next
    left = bytes
  }

  function header(block: Buffer, at: number): void {
    if (isZero(block, at)) {
      zeroBlocks++
      if (zeroBlocks === 2) begin('ended', Number.POSITIVE_INFINITY)
      if (zeroBlocks === 2) events.end?.()
      return
    }
    zeroBlocks = 0
    const flag = typeFlag(block, at)
    if (EXTENSIONS.has(flag)) beginExtension(flag, sizeOf(block, at))
    else beginMember(memberOf(block, at, flag, extension))
  }

  function beginExtension(flag: string, size: number): void {
    if (size > LONGEST_EXTENSION) throw new TarError('a header of the tar stream is longer than any can be')
    body = { flag, size, pieces: [] }
    begin('extension', blocks(size))
    if (size === 0) endExtension()
  }

  function endExtension(): void {
    const text = Buffer.concat(body.pieces).toString('latin1', 0, body.size)
    extension = extended(extension, body.flag, text)
    begin('header', 0)
  }

  function beginMember(member: Member): void {
    if (!(member.stored >= 0)) throw new TarError('a header of the tar stream has no size')
    extension = NO_EXTENSION
    padding = blocks(member.stored) - member.stored
    begin('data', member.stored)
    events.member(member)
    if (member.stored === 0) endMember()
  }

  function endMember(): void {
    events.memberEnd?.()
    begin(padding > 0 ? 'padding' : 'header', padding)
  }

  /** @returns how many bytes it took */
  function takeHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(BLOCK - filled, chunk.length - at)
    events.header?.(chunk, at, at + taken)
    if (taken === BLOCK) {
      header(chunk, at)
      return taken
    }
    chunk.copy(scratch, filled, at, at + taken)
    filled += taken
    if (filled === BLOCK) {
      filled = 0
      header(scratch, 0)
    }
    return taken
  }

  function take(chunk: Buffer, at: number): number {
    if (state === 'header') return takeHeader(chunk, at)
    const taken = state === 'ended' ? chunk.length - at : Math.min(left, chunk.length - at)
    left -= taken
    pass(chunk, at, at + taken)
    if (left === 0) leave()
    return taken
  }

  function pass(chunk: Buffer, from: number, to: number): void {
    if (state === 'data') events.data?.(chunk, from, to)
    else if (state === 'extension') {
      events.header?.(chunk, from, to)
      body.pieces.push(chunk.subarray(from, to))
    } else events.padding?.(chunk, from, to)
  }

  function leave(): void {
    if (state === 'extension') endExtension()
    else if (state === 'data') endMember()
    else begin('header', 0)
  }

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) at += take(chunk, at)
    },
    finish() {
      if (state !== 'ended') throw new TarError('the tar stream ends before its end marker')
    },
  }
}

/** Headers that say something of the next member; `g` is for all that follow, and none of those that we read write it. */
const EXTENSIONS: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K', 'X', 'A'])

function extended(extension: Extension, flag: string, text: string): Extension {
  if (flag === 'x' || flag === 'X') return { ...extension, pax: readPax(text) }
  const name = text.replace(/\0[\s\S]*$/, '')
  if (flag === 'L') return { ...extension, path: name }
  return flag === 'K' ? { ...extension, link: name } : extension
}

function blocks(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}
