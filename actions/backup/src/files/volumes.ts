import type { Entry, RawPath } from './entry.ts'
import { ancestorsOf, byPath } from './path.ts'

/** What goes into one archive. */
export interface Volume {
  entries: Entry[]
  /** Of content. */
  bytes: number
}

/**
 * Divides entries into volumes of at most `limitBytes` of content; a file that has more is alone in its own. All names of a
 * file are in one volume, and each volume has the folders on the way to what it holds, so that their times come back
 * whichever is unpacked last.
 */
export function planVolumes(entries: readonly Entry[], limitBytes: number): Volume[] {
  const folders = new Map(entries.filter(({ type }) => type === 'd').map((entry) => [entry.path, entry]))
  const volumes: Volume[] = []
  let present = new Set<RawPath>()
  let volume: Volume = { entries: [], bytes: 0 }

  function add(entry: Entry): void {
    if (present.has(entry.path)) return
    present.add(entry.path)
    volume.entries.push(entry)
    for (const path of ancestorsOf(entry.path)) {
      const folder = folders.get(path)
      if (folder !== undefined) add(folder)
    }
  }

  function close(): void {
    if (volume.entries.length > 0) volumes.push({ ...volume, entries: byPath(volume.entries) })
    present = new Set()
    volume = { entries: [], bytes: 0 }
  }

  for (const names of filesOf(entries)) {
    const bytes = contentOf(names[0])
    if (volume.bytes > 0 && volume.bytes + bytes > limitBytes) close()
    for (const entry of names) add(entry)
    volume.bytes += bytes
  }
  close()
  return volumes
}

function contentOf(entry: Entry | undefined): number {
  return entry?.type === 'f' ? entry.size : 0
}

/** Bytes of a volume's archive, about: a name, times beyond seconds and a file's padding take 2 KiB. */
export function archiveEstimate({ entries, bytes }: Volume): number {
  return bytes + entries.length * 2048 + 65_536
}

/** By path, with all names of a file where its first one is. */
function filesOf(entries: readonly Entry[]): Entry[][] {
  const files: Entry[][] = []
  const known = new Map<string, Entry[]>()
  for (const entry of byPath(entries)) {
    const others = entry.inode === '' ? undefined : known.get(entry.inode)
    if (others !== undefined) {
      others.push(entry)
      continue
    }
    const file = [entry]
    files.push(file)
    if (entry.inode !== '') known.set(entry.inode, file)
  }
  return files
}
