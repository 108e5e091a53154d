import type { PutOptions, Store } from '../../../../lib/s3/store.ts'
import { type CatalogueKey, DamagedDocument, readDocument, writeDocument } from './document.ts'
import { compactTime, isId } from './id.ts'
import { backupFolder, isSetName, VERDICTS } from './keys.ts'
import type { Verdict } from './manifest.ts'
import { collect, mapBounded } from './pool.ts'
import { fields, flag, line, listOf, number, oneOf, sha256, text, time } from './shape.ts'

const MAX_VERDICT_BYTES = 2 ** 20

/** What a verdict's problems are cut to, so that it stays readable. */
const MAX_PROBLEMS = 100
const MAX_PROBLEM_LENGTH = 500

const verdictCheck = fields<Verdict>(
  {
    format: oneOf('ondol-verdict'),
    version: oneOf(1),
    set: text(isSetName, 'the name of a set'),
    id: text(isId, 'the id of a backup'),
    kind: oneOf('verify', 'rehearse'),
    at: time,
    passed: flag,
    coverage: number(0, 1),
    decrypted: flag,
    rtoSeconds: number(0, Number.MAX_SAFE_INTEGER),
    problems: listOf(line(MAX_PROBLEM_LENGTH)),
    mac: sha256,
  },
  ['rtoSeconds', 'mac'],
)

/** Stores a verdict beside its backup; of several in one second and of one kind the first stays. @throws StoreError */
export async function writeVerdict(
  store: Pick<Store, 'put'>,
  verdict: Verdict,
  key: CatalogueKey,
  options: Omit<PutOptions, 'ifAbsent'> = {},
): Promise<void> {
  const { bytes } = writeDocument({ ...verdict, problems: shortened(verdict.problems) }, key)
  const name = `${compactTime(new Date(verdict.at))}-${verdict.kind}.json`
  await store.put(backupFolder(verdict.set, verdict.id) + VERDICTS + name, bytes, { ...options, ifAbsent: true })
}

function shortened(problems: readonly string[]): string[] {
  return problems.slice(0, MAX_PROBLEMS).map((problem) => problem.replace(/\p{Cc}/gu, ' ').slice(0, MAX_PROBLEM_LENGTH))
}

/** A backup's verdicts, oldest first. One that is damaged proves nothing, and is told by its key. @throws StoreError */
export async function readVerdicts(
  store: Pick<Store, 'list' | 'readAll'>,
  set: string,
  id: string,
  key: CatalogueKey,
): Promise<{ verdicts: Verdict[]; damaged: string[] }> {
  const objects = await collect(store.list(backupFolder(set, id) + VERDICTS))
  const keys = objects.map((object) => object.key).sort()
  const found = await mapBounded(keys, async (objectKey) => ({
    objectKey,
    verdict: await readVerdict(store, objectKey, { set, id }, key),
  }))
  return {
    verdicts: found.flatMap(({ verdict }) => verdict ?? []),
    damaged: found.flatMap(({ objectKey, verdict }) => (verdict === undefined ? [objectKey] : [])),
  }
}

async function readVerdict(
  store: Pick<Store, 'readAll'>,
  objectKey: string,
  { set, id }: { set: string; id: string },
  key: CatalogueKey,
): Promise<Verdict | undefined> {
  try {
    const bytes = await store.readAll(objectKey, MAX_VERDICT_BYTES)
    const verdict = bytes && readDocument<Verdict>(bytes, 'ondol-verdict', verdictCheck, key)
    return verdict?.set === set && verdict.id === id ? verdict : undefined
  } catch (error) {
    if (error instanceof DamagedDocument) return undefined
    throw error
  }
}
