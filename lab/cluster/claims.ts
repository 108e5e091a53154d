// Whose cluster is it? A cluster belongs to the program that started it, as long as that lives, or is kept until it's taken
// down; what belongs to nobody is left over.
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Layout, layOut, slots, stateRoot } from './layout.ts'
import { isFree } from './network.ts'
import { startTime } from './processes.ts'

export type Owner =
  | { kind: 'kept' }
  /** `started` tells it from a later process with the same id */
  | { kind: 'process'; pid: number; started: string | undefined }

export interface Claim {
  slot: number
  id: string
  workers: number
  owner: Owner
}

function thisProcess(): Owner {
  return { kind: 'process', pid: process.pid, started: startTime(process.pid) }
}

/**
 * Takes the first free slot from the given one on for this process.
 * @throws Error when none is left
 */
export async function claim(workers: number, from = 0): Promise<Layout> {
  const id = randomBytes(4).toString('hex')
  for (let slot = from; slot < slots; slot++) {
    const layout = layOut({ slot, workers, id })
    if ((await isFree(layout)) && claimFolder(layout, { slot, id, workers, owner: thisProcess() })) return layout
  }
  throw new Error(`${slots} clusters run already, or their addresses (10.210.0.0 to 10.219.255.255) are in use`)
}

/** A folder comes with its claim or not at all: a rename onto another's folder, which is never empty, fails. */
function claimFolder({ folder }: Layout, content: Claim): boolean {
  mkdirSync(stateRoot(), { recursive: true, mode: 0o755 })
  const own = mkdtempSync(join(stateRoot(), 'claim-'))
  writeClaim(own, content)
  try {
    renameSync(own, folder)
    return true
  } catch (error) {
    rmSync(own, { recursive: true })
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** From now on the cluster outlives this process. */
export function keep({ folder, slot, id, workers }: Layout): void {
  writeClaim(folder, { slot, id, workers: workers.length, owner: { kind: 'kept' } })
}

/** Whether the slot is still this cluster's, and not free or a later one's. */
export function isHeld({ slot, id }: Layout): boolean {
  return listClaims().some((held) => held.slot === slot && held.id === id)
}

function writeClaim(folder: string, content: Claim): void {
  writeFileSync(join(folder, 'claim.json.new'), JSON.stringify(content))
  renameSync(join(folder, 'claim.json.new'), join(folder, 'claim.json'))
}

export function listClaims(): Claim[] {
  return folders()
    .filter((name) => name.startsWith('cluster-'))
    .flatMap((name) => readClaim(join(stateRoot(), name, 'claim.json')))
}

/** None where it's just being released. */
function readClaim(file: string): Claim[] {
  try {
    return [JSON.parse(readFileSync(file, 'utf8')) as Claim]
  } catch {
    return []
  }
}

/** Whether a cluster's program is gone without having taken it down. */
export function isLeftOver({ owner }: Claim): boolean {
  return owner.kind === 'process' && (owner.started === undefined || startTime(owner.pid) !== owner.started)
}

/** Removes a cluster's state; the last thing to go, so that what is left of a cluster always has a claim. */
export function release({ folder }: Layout): void {
  rmSync(folder, { recursive: true, force: true })
  try {
    rmdirSync(stateRoot())
  } catch {
    // Other clusters are there.
  }
}

function folders(): string[] {
  try {
    return readdirSync(stateRoot())
  } catch {
    return []
  }
}
