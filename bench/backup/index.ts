import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { findPart, provision } from '../../lab/provision/index.ts'
import { startS3 } from '../../lab/s3/versitygw.ts'
import type { Figure } from '../figures.ts'
import type { Bench } from './bench.ts'
import { measureGrowth } from './growth.ts'
import { measureTree } from './tree.ts'

const measurements = [
  { title: '1.5 GB in 50,000 files, beside restic and borg', measure: measureTree },
  { title: 'what more files and more bytes cost', measure: measureGrowth },
]

/** The measurements of backup, one after the other, to a real S3 server on this machine. */
export async function benchBackup(cancel: AbortSignal): Promise<Figure[]> {
  const { versitygw } = await provision(['versitygw', 'age', 'restic', 'borg'])
  if (versitygw.kind === 'missing')
    throw new Error(`The benchmark needs versitygw: ${versitygw.why}. ${versitygw.command}`)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-bench-')))
  const s3 = await startS3(versitygw.path, ['bench'])
  const identity = await generateX25519Identity()
  const bench: Bench = {
    folder,
    s3,
    bucket: 'bench',
    keys: { identity, recipient: await identityToRecipient(identity) },
    programs: {
      restic: await findPart('restic'),
      borg: await findPart('borg'),
      age: await findPart('age'),
      zstd: 'zstd',
      tar: 'tar',
      curl: 'curl',
    },
    cancel,
  }
  try {
    const figures: Figure[] = []
    for (const { title, measure } of measurements) {
      cancel.throwIfAborted()
      process.stdout.write(`measuring ${title} …\n`)
      figures.push(...(await measure(bench)))
    }
    return figures
  } finally {
    await s3.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
