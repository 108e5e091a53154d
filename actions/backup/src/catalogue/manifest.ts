/** What one backup consists of: `<prefix>/<set>/<id>/manifest.json`, written last. No manifest, no backup. */
export interface Manifest {
  format: 'ondol-backup'
  version: 1
  set: string
  /** Sorts by time: `20261125T021700Z-5f3a9c`. */
  id: string
  type: BackupType
  /** The backup that this one needs; absent for a full one. */
  parent?: string
  /** The full backup that its chain begins with; its own id for a full one. */
  base: string
  /** RFC 3339, UTC. */
  startedAt: string
  endedAt: string
  result: 'ok' | 'warning'
  encryption: 'age' | 'none'
  sources: SourceRecord[]
  /** Everything in the backup's folder but the manifest and the verdicts. */
  objects: ObjectRecord[]
  /** Until when the store keeps it locked. */
  lockedUntil?: string
  /** Address of the run that made it. */
  run?: string
  /** HMAC-SHA256 under the index key over the canonical JSON of all the rest, hex; absent without an index key. */
  mac?: string
}

export type BackupType = 'full' | 'incremental' | 'differential'

/** Figures, never names. */
export interface SourceRecord {
  id: string
  kind: string
  files?: number
  bytesRead: number
}

export interface ObjectRecord {
  /** Relative to the backup's folder: `data/1-files.1.tar.zst.age`. */
  key: string
  kind: 'tar' | 'dump' | 'deleted' | 'index' | 'instructions'
  /** Id of its source; absent for index and instructions. */
  source?: string
  /** As stored. */
  bytes: number
  /** Of the stored bytes, hex. */
  sha256: string
}

/** What became of proving a backup: `<prefix>/<set>/<id>/verdicts/<time>-<kind>.json`, one immutable object a proof. */
export interface Verdict {
  format: 'ondol-verdict'
  version: 1
  set: string
  id: string
  kind: 'verify' | 'rehearse'
  at: string
  passed: boolean
  /** Share of the stored bytes that were read, 0 to 1. */
  coverage: number
  /** With an identity: what came out was decrypted, too. */
  decrypted: boolean
  rtoSeconds?: number
  problems: string[]
  mac?: string
}
