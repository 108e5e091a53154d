import type { StoreLocation } from '../../../../lib/s3/location.ts'
import type { Lock } from '../../../../lib/s3/store.ts'
import { type BackupFacts, type InstructionFacts, instructions } from '../catalogue/instructions.ts'
import { INSTRUCTIONS, indexKey } from '../catalogue/keys.ts'
import type { Manifest } from '../catalogue/manifest.ts'
import { readIndex, sealIndex } from '../catalogue/sealed-index.ts'
import type { Decision } from '../chain/decide.ts'
import { lockUntil } from '../chain/lock.ts'
import type { Session } from '../session.ts'
import type { Draft } from './draft.ts'
import type { SourceOutcome } from './source-outcome.ts'

export interface Completion {
  draft: Draft
  decision: Decision
  chain: readonly Manifest[]
  startedAt: Date
  outcomes: readonly SourceOutcome[]
}

/** Index, instructions, and last of all the manifest; index and manifest are read back. */
export async function complete(
  session: Session,
  { draft, decision, chain, startedAt, outcomes }: Completion,
): Promise<Manifest> {
  const { inputs, store, keys, context, now } = session
  const { recipients, indexKey: secret } = inputs.protection
  const encryption = recipients === 'none' ? 'none' : 'age'
  const header = {
    format: 'ondol-index',
    version: 1,
    set: inputs.set,
    id: draft.id,
    sources: outcomes.map(({ indexed }) => indexed),
  } as const
  const entries = new Map(outcomes.map((outcome) => [outcome.indexed.id, outcome.entries]))
  const index = await sealIndex({ header, entries }, { level: inputs.compressionLevel, recipients }, secret)
  await draft.put({ key: indexKey(encryption), kind: 'index' }, index)
  const facts = {
    format: 'ondol-backup',
    version: 1,
    set: inputs.set,
    id: draft.id,
    type: decision.type,
    ...(decision.type === 'full' ? {} : { parent: decision.parent.id }),
    base: decision.type === 'full' ? draft.id : decision.base,
    startedAt: startedAt.toISOString(),
    // The start may have been moved behind that of the newest backup.
    endedAt: new Date(Math.max(now().getTime(), startedAt.getTime())).toISOString(),
    result: outcomes.some(({ warnings }) => warnings.length > 0) ? 'warning' : 'ok',
    encryption,
    sources: outcomes.map(({ indexed, files, bytesRead }) => ({
      id: indexed.id,
      kind: indexed.kind,
      files,
      bytesRead,
    })),
    ...lockedUntil(lockFor(session, startedAt, chain)),
    run: context.runUrl,
  } as const
  const text = instructions(
    { ...addressOf(inputs.store), chain: chainFacts(chain, { ...facts, objects: draft.records() }) },
    keys.catalogue,
  )
  await draft.put({ key: INSTRUCTIONS, kind: 'instructions' }, Buffer.from(text))
  const manifest = await draft.commit({ ...facts, objects: draft.records() })
  await readIndex(store, manifest, keys.index)
  return manifest
}

/** A chain is never empty: the backup itself ends it. */
function chainFacts(chain: readonly Manifest[], own: BackupFacts): InstructionFacts['chain'] {
  const [first, ...others] = chain
  return first === undefined ? [own] : [first, ...others, own]
}

function addressOf(location: StoreLocation): Omit<InstructionFacts, 'chain'> {
  if (location.kind === 'folder') return { address: `file://${location.path}` }
  const { bucket, prefix, endpoint, region } = location
  return {
    address: `s3://${[bucket, prefix].filter((part) => part !== '').join('/')}`,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  }
}

function lockedUntil(lock: Lock | undefined): { lockedUntil?: string } {
  return lock === undefined ? {} : { lockedUntil: lock.until.toISOString() }
}

/** How long the store has to keep a backup's objects. */
export function lockFor({ inputs }: Session, startedAt: Date, [base]: readonly Manifest[]): Lock | undefined {
  const { lock } = inputs.protection
  if (lock === undefined) return undefined
  const baseStartedAt = base === undefined ? startedAt : new Date(base.startedAt)
  return {
    mode: lock.mode,
    until: lockUntil({ lockDays: lock.days, fullEveryMs: inputs.fullEveryMs, startedAt, baseStartedAt }),
  }
}
