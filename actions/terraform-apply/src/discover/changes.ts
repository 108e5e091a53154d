import type { TreeFile } from '../../../../lib/github/trees.ts'

type Files = ReadonlyMap<string, TreeFile>

/**
 * The paths at which two commits differ, sorted: added, deleted, with other content or another mode. A renamed file is two
 * of them.
 */
export function changedPaths(before: Files, after: Files): string[] {
  const differs = (path: string): boolean => {
    const [old, now] = [before.get(path), after.get(path)]
    return old?.sha !== now?.sha || old?.mode !== now?.mode
  }
  return [...new Set([...before.keys(), ...after.keys()])].filter(differs).sort()
}
