import { type RootEntry, wrongLine } from './ondol-file.ts'

/**
 * The entries with each one behind those that its `after` names, otherwise in the order of the file.
 *
 * @throws UserError (invalid-input) for an unknown name, and for entries that wait for each other
 */
export function inOrder(entries: readonly RootEntry[]): RootEntry[] {
  for (const entry of entries) requireKnown(entry, entries)
  const ordered: RootEntry[] = []
  const done = new Set<string>()
  const isReady = ({ name, after }: RootEntry): boolean => !done.has(name) && after.every((other) => done.has(other))
  for (let next = entries.find(isReady); next; next = entries.find(isReady)) {
    ordered.push(next)
    done.add(next.name)
  }
  const [stuck] = entries.filter(({ name }) => !done.has(name))
  if (stuck) throw inCircle(stuck, entries, done)
  return ordered
}

function requireKnown({ after, line, name }: RootEntry, entries: readonly RootEntry[]): void {
  const unknown = after.find((other) => !entries.some((entry) => entry.name === other))
  if (unknown !== undefined)
    throw wrongLine(line, `the root ${name} comes after ${JSON.stringify(unknown)}, which is the name of no root`)
}

/** Of entries that are not done each waits for another such, so going from one to the next comes around. */
function inCircle(stuck: RootEntry, entries: readonly RootEntry[], done: ReadonlySet<string>): Error {
  const waitsFor = ({ after }: RootEntry) => entries.find(({ name }) => !done.has(name) && after.includes(name))
  const passed = [stuck]
  let next = waitsFor(stuck)
  while (next && !passed.includes(next)) {
    passed.push(next)
    next = waitsFor(next)
  }
  const circle = next ? [...passed.slice(passed.indexOf(next)), next] : passed
  return wrongLine(
    circle[0]?.line ?? stuck.line,
    `these roots wait for each other by "after": ${circle.map(({ name }) => name).join(', ')}`,
  )
}
