import type { Run } from './run.ts'

/** An uploaded artifact. Names are unique within one attempt of a run; `content` is null until its blob is committed. */
export interface Artifact {
  id: number
  run: Run
  name: string
  mimeType: string
  content: Buffer | null
  /** Blocks that were sent and not yet put together, by their ids. */
  blocks: Map<string, Buffer>
  /** `sha256:<hex>` of the content. */
  digest: string | null
  finalized: boolean
  createdAt: Date
  expiresAt: Date
}
