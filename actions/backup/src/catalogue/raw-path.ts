import type { RawPath } from '../files/entry.ts'

/** No empty step, no `.`, no `..`, no slash in front or behind, no NUL: it stays below the folder that it is joined to. */
export function isInside(path: RawPath): boolean {
  return path !== '' && !UNSAFE.test(path)
}

/** NUL ends a field of the index. */
const UNSAFE = /(?:^|\/)\.{0,2}(?:\/|$)|\0/

/** Without those that lie below another one. In order, so that a folder comes before what is beside it. */
export function topmost(paths: readonly RawPath[]): RawPath[] {
  const kept: RawPath[] = []
  // With the slash behind, a folder's content follows it at once: `a/b` must not come after `a-b`.
  for (const path of paths.map((each) => `${each}/`).sort()) {
    const last = kept.at(-1)
    if (last === undefined || !path.startsWith(last)) kept.push(path)
  }
  return kept.map((path) => path.slice(0, -1))
}
