/**
 * Bytes of a path, one character (U+0000 to U+00FF) a byte: names of files are bytes, not text. Relative to `/`, without a
 * slash in front or behind: `var/www/index.html`.
 */
export type RawPath = string

/** One thing of a tree as it was when it was listed. */
export interface Entry {
  path: RawPath
  /** file, directory, symlink, fifo, socket, block or character device; as `find -printf %y` has them. */
  type: 'f' | 'd' | 'l' | 'p' | 's' | 'b' | 'c'
  size: number
  /** Seconds since 1970 with nanoseconds, `1716400000.123456789`; compared as text. */
  mtime: string
  ctime: string
  /** Octal digits, e.g. `755` or `4755`. */
  mode: string
  uid: number
  gid: number
  /** `device:inode` of a file with several names, else empty. */
  inode: string
  /** Where a symlink points. */
  link: RawPath
  /** SHA-256 of a file's content in hex, empty when unknown and for all that isn't a file. */
  hash: string
  /** Id of the backup that holds its data. */
  home: string
}
