import { isId } from './id.ts'
import { type Encryption, INSTRUCTIONS, indexKey, isDataKey, isSetName } from './keys.ts'
import type { Manifest, ObjectRecord, SourceRecord } from './manifest.ts'
import { type Check, count, fields, line, listOf, oneOf, ShapeError, sha256, text, time } from './shape.ts'

const id = text(isId, 'the id of a backup')
const sourceId = text(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'the id of a source, such as 1-files')

const shape = fields<Manifest>(
  {
    format: oneOf('ondol-backup'),
    version: oneOf(1),
    set: text(isSetName, 'the name of a set'),
    id,
    type: oneOf('full', 'incremental', 'differential'),
    parent: id,
    base: id,
    startedAt: time,
    endedAt: time,
    result: oneOf('ok', 'warning'),
    encryption: oneOf('age', 'none'),
    sources: listOf(fields<SourceRecord>({ id: sourceId, kind: line(40), files: count, bytesRead: count }, ['files'])),
    objects: listOf(
      fields<ObjectRecord>(
        {
          key: line(200),
          kind: oneOf('tar', 'dump', 'deleted', 'index', 'instructions'),
          source: sourceId,
          bytes: count,
          sha256,
        },
        ['source'],
      ),
    ),
    lockedUntil: time,
    run: line(500),
    mac: sha256,
  },
  ['parent', 'lockedUntil', 'run', 'mac'],
)

/** Everything that a manifest must be, whoever wrote it. */
export const manifestCheck: Check = (value, at) => {
  shape(value, at)
  const manifest = value as Manifest
  checkDescent(manifest)
  checkObjects(manifest)
}

function checkDescent({ type, id, parent, base, startedAt, endedAt }: Manifest): void {
  if (Date.parse(endedAt) < Date.parse(startedAt)) throw new ShapeError('it ends before it starts')
  if (type === 'full') {
    if (parent !== undefined || base !== id) throw new ShapeError('a full backup needs no other, but it names one')
    return
  }
  if (parent === undefined) throw new ShapeError(`it is ${type} and names no parent`)
  if (parent >= id || base > parent) throw new ShapeError('it must be younger than its parent, and that than its base')
  if (type === 'differential' && parent !== base) throw new ShapeError('a differential backup needs the full one only')
}

function checkObjects({ objects, sources, encryption }: Manifest): void {
  const sourceIds = new Set(sources.map((source) => source.id))
  if (sourceIds.size < sources.length) throw new ShapeError('two of its sources have one id')
  if (new Set(objects.map((object) => object.key)).size < objects.length) throw new ShapeError('it lists a key twice')
  for (const [index, object] of objects.entries()) {
    const problem = problemOf(object, sourceIds, encryption)
    if (problem !== undefined) throw new ShapeError(`objects[${index}] ${problem}`)
  }
}

/** Keys are compared whole: one that leads out of the backup's folder can't be among them. */
function problemOf(
  { key, kind, source }: ObjectRecord,
  sources: Set<string>,
  encryption: Encryption,
): string | undefined {
  if (kind === 'index' || kind === 'instructions') {
    const rightKey = kind === 'index' ? indexKey(encryption) : INSTRUCTIONS
    if (key !== rightKey) return `must have the key ${rightKey}`
    return source === undefined ? undefined : 'belongs to no source, but names one'
  }
  if (!isDataKey(key, encryption))
    return `must have a key such as data/1-files.1.tar.zst${encryption === 'age' ? '.age' : ''}`
  return source !== undefined && sources.has(source) ? undefined : 'must name one of the sources'
}
