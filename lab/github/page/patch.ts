/** A line of a patch with its numbers in the old and the new file; null where it has none. */
export interface PatchLine {
  kind: 'added' | 'removed' | 'same' | 'hunk' | 'remark'
  old: number | null
  new: number | null
  text: string
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/

/** Numbers the lines of a unified diff's hunks. */
export function parsePatch(patch: string): PatchLine[] {
  let [old, next] = [0, 0]
  return patch.split('\n').map((line): PatchLine => {
    const [, oldStart, newStart] = HUNK.exec(line) ?? []
    if (oldStart !== undefined) {
      ;[old, next] = [Number(oldStart), Number(newStart)]
      return { kind: 'hunk', old: null, new: null, text: line }
    }
    const text = line.slice(1)
    if (line.startsWith('+')) return { kind: 'added', old: null, new: next++, text }
    if (line.startsWith('-')) return { kind: 'removed', old: old++, new: null, text }
    if (line.startsWith('\\')) return { kind: 'remark', old: null, new: null, text: line }
    return { kind: 'same', old: old++, new: next++, text }
  })
}
