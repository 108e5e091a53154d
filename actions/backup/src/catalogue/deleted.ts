import type { RawPath } from '../files/entry.ts'
import { isInside, topmost } from './raw-path.ts'

/**
 * What is gone since the parent, for restoring by hand: each path ends in a NUL, as `xargs -0` wants it. Only the topmost
 * are listed, and they are removed before anything is unpacked: then each lies in folders of the state before, none of which is
 * a symlink.
 */
export function encodeDeleted(paths: readonly RawPath[]): Buffer {
  return Buffer.from(
    topmost(paths)
      .map((path) => `${path}\0`)
      .join(''),
    'latin1',
  )
}

/** @throws RangeError for a path that leads out of the folder, and for a list that was cut */
export function decodeDeleted(bytes: Buffer): RawPath[] {
  const paths = bytes.toString('latin1').split('\0')
  if (paths.pop() !== '') throw new RangeError('the list of deletions is cut')
  if (!paths.every(isInside)) throw new RangeError('the list of deletions names a path outside the folder')
  return paths
}
