import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { below, type Figure, MEGABYTES, SECONDS, shown, TIMES } from '../figures.ts'
import { spreadOf } from '../samples.ts'
import { runAction } from './action.ts'
import type { Bench } from './bench.ts'
import { writeTree } from './generated-tree.ts'
import type { Cost } from './measured.ts'

const MANY = [10_000, 50_000, 200_000]
const LARGE = [100_000_000, 1_000_000_000, 10_000_000_000]
/** So much more than in proportion is still linear: the start costs the small ones more, caches the large ones. */
const LINEAR = 1.5
const STREAM_GB = 20

/** What more files and more bytes cost, and a stream that is larger than any memory. */
export async function measureGrowth(bench: Bench): Promise<Figure[]> {
  const files = await series(bench, 'files', MANY, (count) => ({ files: count, bytes: count * 4_000 }))
  const bytes = await series(bench, 'bytes', LARGE, (size) => ({ files: 1_000, bytes: size }))
  return [
    ...linear('files of 4 kB', MANY, files),
    ...linear('bytes in 1,000 files', LARGE, bytes),
    await measureStream(bench),
  ]
}

async function series(
  bench: Bench,
  name: string,
  counts: readonly number[],
  sizeOf: (count: number) => { files: number; bytes: number },
): Promise<Cost[]> {
  const costs: Cost[] = []
  for (const count of counts) {
    bench.cancel.throwIfAborted()
    const tree = join(bench.folder, `growth-${count}`)
    writeTree(tree, sizeOf(count))
    costs.push(await runAction(bench, `${name}-${count}`, { sources: `- files: { paths: [${tree}] }` }))
    rmSync(tree, { recursive: true, force: true })
    rmSync(join(bench.s3.folder, bench.bucket, `${name}-${count}`), { recursive: true, force: true })
  }
  return costs
}

/** Each step beside the one before: time per piece must not grow. */
function linear(what: string, counts: readonly number[], costs: readonly Cost[]): Figure[] {
  return counts.slice(1).map((count, index) => {
    const [before, now] = [costs[index] as Cost, costs[index + 1] as Cost]
    const growth = now.ms / before.ms / (count / (counts[index] ?? Number.NaN))
    return below(LINEAR, TIMES, {
      what: `${count.toLocaleString('en')} ${what}: time per piece, of that of ${counts[index]?.toLocaleString('en')}`,
      spread: spreadOf([growth]),
      beside: `${shown(spreadOf([now.ms]), SECONDS)} after ${shown(spreadOf([before.ms]), SECONDS)}; ${shown(spreadOf([now.peakBytes]), MEGABYTES)}`,
    })
  })
}

async function measureStream(bench: Bench): Promise<Figure> {
  const sources = `- command: { name: stream, run: [bash, -c, 'yes "a line of a dump that goes on and on, number $RANDOM" | head -c ${STREAM_GB}G'] }`
  const { ms, peakBytes } = await runAction(bench, 'stream', { sources })
  return below(400_000_000, MEGABYTES, {
    what: `a stream of ${STREAM_GB} GiB: peak of memory, all processes`,
    spread: spreadOf([peakBytes]),
    beside: `in ${shown(spreadOf([ms]), SECONDS)}`,
  })
}
