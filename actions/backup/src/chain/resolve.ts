// Chains: a backup, its parent, and so on up to a full one. A parent may have many children, so a set is a forest.
import type { Manifest } from '../catalogue/manifest.ts'

/** The newest by its start; of equal ones the greater id. */
export function latest(manifests: readonly Manifest[]): Manifest | undefined {
  return manifests.reduce<Manifest | undefined>(
    (newest, next) => (newest === undefined || isLater(next, newest) ? next : newest),
    undefined,
  )
}

function isLater(one: Manifest, other: Manifest): boolean {
  const difference = Date.parse(one.startedAt) - Date.parse(other.startedAt)
  return difference > 0 || (difference === 0 && one.id > other.id)
}

/** What has to be restored for one backup, in this order: the full one first, itself last. Else why that can't be. */
export function chainOf(id: string, manifests: readonly Manifest[]): Manifest[] | { broken: string } {
  const byId = indexById(manifests)
  const chain = new Set<Manifest>()
  let link = byId.get(id)
  if (link === undefined) return { broken: `Backup ${id} isn't there.` }
  while (link !== undefined) {
    if (chain.has(link)) return { broken: ring(id) }
    const flaw = flawOf(link, byId)
    if (flaw !== undefined) return { broken: link.id === id ? flaw : `Backup ${id} needs ${link.id}. ${flaw}` }
    chain.add(link)
    link = parentOf(link, byId)
  }
  return [...chain].reverse()
}

/**
 * Every backup that can't be restored, with the sentence that says why: it is damaged, its links are wrong, or one that it needs
 * is such a backup. Linear in their number, whatever the links.
 *
 * @param damaged what is known to be wrong with a backup's own objects, by id
 */
export function unrestorable(
  manifests: readonly Manifest[],
  damaged: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const byId = indexById(manifests)
  const children = Map.groupBy(manifests, ({ parent }) => parent)
  const why = new Map<string, string>()
  for (const manifest of manifests) {
    const flaw = damaged.get(manifest.id) ?? flawOf(manifest, byId)
    if (flaw !== undefined) why.set(manifest.id, flaw)
  }
  for (const [id, flaw] of [...why]) {
    for (const heir of heirsOf(id, children, why)) why.set(heir, `Backup ${heir} needs ${id}. ${flaw}`)
  }
  const reached = new Set(children.get(undefined)?.flatMap(({ id }) => [id, ...heirsOf(id, children, why)]))
  for (const { id } of manifests) if (!reached.has(id) && !why.has(id)) why.set(id, ring(id))
  return why
}

/** All that descend from a backup, none of them through one that `without` has. */
function heirsOf(
  id: string,
  children: ReadonlyMap<string | undefined, Manifest[]>,
  without: ReadonlyMap<string, string>,
): Set<string> {
  const heirs = new Set<string>()
  const waiting = [id]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of children.get(next) ?? []) {
      if (without.has(child.id) || heirs.has(child.id)) continue
      heirs.add(child.id)
      waiting.push(child.id)
    }
  }
  return heirs
}

/** What is wrong with a backup's own links. */
function flawOf(manifest: Manifest, byId: ReadonlyMap<string, Manifest>): string | undefined {
  const { id, type, base } = manifest
  if (manifest.parent === undefined)
    return type === 'full' ? flawOfFull(manifest) : `Backup ${id} is ${type} and names no parent.`
  if (type === 'full') return `Backup ${id} is full and yet names a parent.`
  const parent = byId.get(manifest.parent)
  if (parent === undefined) return `Backup ${id} needs ${manifest.parent}, which isn't there.`
  if (parent.set !== manifest.set) return `Backup ${id} needs ${parent.id}, which belongs to another set.`
  if (parent.base !== base)
    return `Backup ${id} names ${base} as its base, but its parent ${parent.id} names ${parent.base}.`
  if (type === 'differential' && parent.type !== 'full')
    return `Backup ${id} is differential, but its parent isn't full.`
  return undefined
}

function flawOfFull({ id, base }: Manifest): string | undefined {
  return base === id ? undefined : `Backup ${id} is full and yet names ${base} as its base.`
}

function parentOf({ parent }: Manifest, byId: ReadonlyMap<string, Manifest>): Manifest | undefined {
  return parent === undefined ? undefined : byId.get(parent)
}

function indexById(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(manifests.map((manifest) => [manifest.id, manifest]))
}

function ring(id: string): string {
  return `The chain of backup ${id} leads back into itself.`
}
