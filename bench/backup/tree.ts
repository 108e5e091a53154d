import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { below, type Figure, MEGABYTES, SECONDS, shown, TIMES } from '../figures.ts'
import { type Spread, spreadOf } from '../samples.ts'
import { runAction } from './action.ts'
import type { Bench } from './bench.ts'
import { writeTree } from './generated-tree.ts'
import { type Cost, measure } from './measured.ts'

const ROUNDS = 3
const SIZE = { files: 50_000, bytes: 1_500_000_000 }

/** Full backup, unchanged second run and restore of 1.5 GB in 50,000 files, beside restic (same S3) and borg (a folder). */
export async function measureTree(bench: Bench): Promise<Figure[]> {
  const tree = join(bench.folder, 'tree')
  writeTree(tree, SIZE)
  // Everybody finds the files in the page cache.
  await promisify(execFile)('tar', ['--create', `--file=${join(bench.folder, 'warm')}`, tree])
  rmSync(join(bench.folder, 'warm'))
  const runs: Record<'ours' | 'restic' | 'borg', { full: Cost[]; again: Cost[] }> = {
    ours: empty(),
    restic: empty(),
    borg: empty(),
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const who of ['ours', 'restic', 'borg'] as const) {
      bench.cancel.throwIfAborted()
      const costs = await subjects[who](bench, tree, round)
      if (costs === undefined || round === 0) continue
      runs[who].full.push(costs.full)
      runs[who].again.push(costs.again)
    }
  }
  return [...figuresOf(runs), ...(await measureRestore(bench, tree))]
}

function empty(): { full: Cost[]; again: Cost[] } {
  return { full: [], again: [] }
}

interface TwoRuns {
  full: Cost
  again: Cost
}

const subjects: Record<
  'ours' | 'restic' | 'borg',
  (bench: Bench, tree: string, round: number) => Promise<TwoRuns | undefined>
> = {
  async ours(bench, tree, round) {
    const sources = `- files: { paths: [${tree}] }`
    const set = `tree-${round}`
    return { full: await runAction(bench, set, { sources }), again: await runAction(bench, set, { sources }) }
  },
  async restic(bench, tree, round) {
    const { programs, s3, bucket, folder, cancel } = bench
    if (programs.restic === undefined) return undefined
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
      RESTIC_REPOSITORY: `s3:${s3.endpoint}/${bucket}/restic-${round}`,
      RESTIC_PASSWORD: 'for the benchmark',
    }
    const restic = (...args: string[]): Promise<Cost> =>
      measure(programs.restic ?? '', ['--quiet', '--no-cache', ...args], { env, signal: cancel })
    await restic('init', '--repository-version=2')
    return { full: await restic('backup', tree), again: await restic('backup', tree) }
  },
  async borg(bench, tree, round) {
    const { programs, folder, cancel } = bench
    if (programs.borg === undefined) return undefined
    const repository = join(folder, `borg-${round}`)
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      BORG_PASSPHRASE: 'for the benchmark',
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
    }
    const borg = (...args: string[]): Promise<Cost> => measure(programs.borg ?? '', args, { env, signal: cancel })
    await borg('init', '--encryption=repokey', repository)
    const full = await borg('create', '--compression=zstd,3', `${repository}::1`, tree)
    const again = await borg('create', '--compression=zstd,3', `${repository}::2`, tree)
    rmSync(repository, { recursive: true, force: true })
    return { full, again }
  },
}

function figuresOf({
  ours,
  restic,
  borg,
}: Record<'ours' | 'restic' | 'borg', { full: Cost[]; again: Cost[] }>): Figure[] {
  const time = (costs: readonly Cost[]): Spread => spreadOf(costs.map(({ ms }) => ms))
  const peers = (phase: 'full' | 'again'): string =>
    [
      restic[phase].length > 0 ? `restic 0.14 (of 2022): ${shown(time(restic[phase]), SECONDS)}` : 'restic is not here',
      borg[phase].length > 0 ? `borg, to a folder: ${shown(time(borg[phase]), SECONDS)}` : 'borg is not here',
      'rustic and kopia: not measured',
    ].join('; ')
  const ratio = spreadOf(ours.full.map(({ ms }, round) => ms / (restic.full[round]?.ms ?? Number.NaN)))
  return [
    below(1 / 1.8, TIMES, {
      what: "1.5 GB in 50,000 files, full: of restic's time",
      spread: ratio,
      beside: `action: ${shown(time(ours.full), SECONDS)}; ${peers('full')}`,
    }),
    below(1_000, SECONDS, { what: '  unchanged second run', spread: time(ours.again), beside: peers('again') }),
    below(400_000_000, MEGABYTES, {
      what: '  peak of memory, all processes',
      spread: spreadOf([...ours.full, ...ours.again].map(({ peakBytes }) => peakBytes)),
      beside: `restic: ${shown(spreadOf(restic.full.map(({ peakBytes }) => peakBytes)), MEGABYTES)}`,
    }),
  ]
}

/** Beside the plain programs: the same objects downloaded by curl, through age, zstd and tar. */
async function measureRestore(bench: Bench, tree: string): Promise<Figure[]> {
  const { folder, keys, programs, cancel } = bench
  const { age, curl } = programs
  const times: { ours: number[]; plain: number[] } = { ours: [], plain: [] }
  for (let round = 0; round <= ROUNDS; round++) {
    const [own, plain] = [join(folder, 'restored'), join(folder, 'by-hand')]
    const { ms } = await runAction(bench, 'tree-1', { mode: 'restore', identity: keys.identity, 'restore-to': own })
    if (round > 0) times.ours.push(ms)
    if (age !== undefined && curl !== undefined) {
      mkdirSync(plain)
      const cost = await measure('bash', ['-euo', 'pipefail', '-c', await byHand(bench)], {
        env: { PATH: process.env['PATH'] ?? '' },
        cwd: plain,
        signal: cancel,
      })
      if (round > 0) times.plain.push(cost.ms)
    }
    for (const target of [own, plain]) rmSync(target, { recursive: true, force: true })
  }
  rmSync(tree, { recursive: true, force: true })
  const ratio = spreadOf(times.ours.map((ms, round) => ms / (times.plain[round] ?? Number.NaN)))
  return [
    below(1.2, TIMES, {
      what: '  restore: of the time of the plain programs',
      spread: ratio,
      beside: `action: ${shown(spreadOf(times.ours), SECONDS)}; curl | age -d | zstd -d | tar x: ${shown(spreadOf(times.plain), SECONDS)}`,
    }),
  ]
}

async function byHand({ s3, bucket, keys, programs, folder }: Bench): Promise<string> {
  const { stdout } = await promisify(execFile)('find', [
    join(s3.folder, bucket, 'tree-1'),
    '-name',
    '*.tar.zst.age',
    '-printf',
    '%T@ %P\n',
  ])
  const [first = ''] = stdout.trim().split('\n').sort()
  const key = first.slice(first.indexOf(' ') + 1)
  const identity = join(folder, 'identity')
  const download = `${programs.curl} --silent --fail --aws-sigv4 aws:amz:us-east-1:s3 --user '${s3.accessKey}:${s3.secretKey}' '${s3.endpoint}/${bucket}/tree-1/${key}'`
  await promisify(execFile)('bash', ['-c', `umask 077; printf '%s\\n' '${keys.identity}' > '${identity}'`])
  return `${download} | ${programs.age} -d -i '${identity}' | zstd -d | tar -x`
}
