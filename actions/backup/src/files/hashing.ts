import * as crypto from 'node:crypto'
import { createSparseReader, type SparseReader } from './sparse.ts'
import type { Member } from './tar-header.ts'
import { createTarScanner, type TarScanner } from './tar-stream.ts'

const EMPTY = crypto.hash('sha256', '', 'hex')

/**
 * Reads a tar stream that goes somewhere else, and gives each member with the SHA-256 of its content in hex: of a sparse file's
 * logical content, and the empty text for all that has none of its own.
 */
export function createHashingScanner(onMember: (member: Member, sha256: string) => void): TarScanner {
  let current: Member | undefined
  let hash: crypto.Hash | undefined
  let sparse: SparseReader | undefined
  let whole = ''

  return createTarScanner({
    member(member) {
      current = member
      hash = undefined
      whole = ''
      sparse = undefined
    },
    data(chunk, from, to) {
      if (current === undefined) return
      const bytes = chunk.subarray(from, to)
      // Most files are small and come in one piece.
      if (hash === undefined && !current.sparse && bytes.length === current.stored) {
        whole = crypto.hash('sha256', bytes, 'hex')
        return
      }
      hash ??= crypto.createHash('sha256')
      if (!current.sparse) hash.update(bytes)
      else {
        sparse ??= createSparseReader(hash, current.size)
        sparse.push(bytes)
      }
    },
    memberEnd() {
      if (current === undefined) return
      sparse?.finish()
      onMember(current, current.type === 'f' ? (hash?.digest('hex') ?? (whole || EMPTY)) : '')
      current = undefined
    },
  })
}
