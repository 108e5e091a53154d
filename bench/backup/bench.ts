import type { S3Server } from '../../lab/s3/versitygw.ts'

/** What the measurements share. */
export interface Bench {
  /** Removed afterwards. */
  folder: string
  s3: S3Server
  bucket: string
  keys: { recipient: string; identity: string }
  programs: Readonly<Record<'restic' | 'borg' | 'age' | 'zstd' | 'tar' | 'curl', string | undefined>>
  cancel: AbortSignal
}
