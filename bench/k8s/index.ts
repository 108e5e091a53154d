import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { programPath } from '../../lab/cluster/build.ts'
import { prepareCluster, useCluster } from '../../lab/cluster/index.ts'
import { provision } from '../../lab/provision/index.ts'
import type { Figure } from '../figures.ts'
import type { Bench } from './bench.ts'
import { measureForeign } from './foreign.ts'
import { measureMany } from './many.ts'
import { measureVerdicts } from './verdict.ts'

const measurements = [
  { title: 'the verdicts on what never becomes ready', measure: measureVerdicts },
  { title: '200 objects', measure: (bench: Bench) => measureMany(bench, { objects: 200, rounds: 3 }) },
  { title: '1,000 objects', measure: (bench: Bench) => measureMany(bench, { objects: 1000, rounds: 1 }) },
  { title: "200 objects among 2,000 of others'", measure: measureForeign },
]

/** The measurements of k8s-deploy, one after the other, on a cluster of their own or on the one that ONDOL_KUBECONFIG names. */
export async function benchK8s(cancel: AbortSignal): Promise<Figure[]> {
  const { helm } = await provision(['git', 'helm'])
  if (helm.kind === 'missing') throw new Error(`The benchmark needs helm: ${helm.why}. ${helm.command}`)
  const given = process.env['ONDOL_KUBECONFIG']
  if (!given) await prepareCluster()
  const cluster = await useCluster()
  process.env['ONDOL_KUBECONFIG'] = cluster.kubeconfig
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ondol-bench-')))
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder }
  try {
    const bench: Bench = {
      kubectl: programPath('kubectl'),
      helm: helm.path,
      kubeconfig: cluster.kubeconfig,
      folder,
      env,
      cancel,
    }
    const figures: Figure[] = []
    for (const { title, measure } of measurements) {
      cancel.throwIfAborted()
      process.stdout.write(`measuring ${title} …\n`)
      figures.push(...(await measure(bench)))
    }
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await cluster.close()
  }
}
