import { isLockFile } from '../closure/folders.ts'
import type { Codebase } from './codebase.ts'
import { type Because, coverageOf, type Place } from './coverage.ts'
import { folderOf, isBeneath } from './paths.ts'
import { isSamePlace, type Root } from './roots.ts'
import { realPath } from './snapshot.ts'

/** Why a root is in the matrix. */
export type Concern =
  | { kind: 'changed'; path: string; because: Because }
  /** It was no root before, or had another name. */
  | { kind: 'new' }
  /** It was asked for, alone or with all others. */
  | { kind: 'asked' }

export interface Verdict {
  root: Root
  /** `undefined`: nothing of it has changed. */
  concern: Concern | undefined
}

export interface Difference {
  paths: readonly string[]
  /** `undefined` when the old commit doesn't say which roots it had. */
  rootsBefore: readonly Root[] | undefined
}

/** Which roots does the difference between two commits concern, and by what? `codebase` is the newer one's. */
export function concernedRoots(
  roots: readonly Root[],
  difference: Difference,
  codebase: Codebase,
  versionFile: string,
): Verdict[] {
  return roots.map((root) => ({ root, concern: concernOf(root, difference, codebase, versionFile) }))
}

function concernOf(
  root: Root,
  { paths, rootsBefore }: Difference,
  codebase: Codebase,
  versionFile: string,
): Concern | undefined {
  const real = realPath(root.directory, codebase.snapshot.links)
  // Terraform reads the lock file of the root alone.
  const own = paths.filter((path) => !isLockFile(path) || folderOf(path) === real)
  for (const { path: place, because } of coverageOf(root.directory, codebase, versionFile)) {
    const path = own.find((changed) => touches(changed, place))
    if (path !== undefined) return { kind: 'changed', path, because }
  }
  return rootsBefore?.some((before) => isSameRoot(before, root)) ? undefined : { kind: 'new' }
}

/** In the place, or above it: a link or submodule by which the place is reached, or a file where a folder was. */
function touches(changed: string, place: Place['path']): boolean {
  return isBeneath(changed, place) || isBeneath(place, changed)
}

function isSameRoot(one: Root, other: Root): boolean {
  return one.name === other.name && isSamePlace(one, other)
}

/** The roots that were there before and are no more: nobody plans them, though what they made is still there. */
export function goneRoots(before: readonly Root[], now: readonly Root[]): Root[] {
  return before.filter((root) => !now.some((other) => isSamePlace(root, other)))
}
