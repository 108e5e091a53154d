import { strict as assert } from 'node:assert'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Scene } from '../../actions/k8s-deploy/test/support/scene.ts'
import { type Cost, withPeak } from '../node-process.ts'
import type { Bench } from './bench.ts'
import { peakOfProxy } from './proxy-peak.ts'

/** What comparisons leave out: the soak is a wait that the user asks for. */
export const noSoak = { soak: '0s' }

export interface RunCost extends Cost {
  /** The highest resident memory of the `kubectl proxy`, which is a process of its own. */
  proxyBytes: number
}

/** A whole run of the action, its post step included. Throws when it doesn't deploy. */
export async function measuredRun({ folder, cancel }: Bench, scene: Scene, manifests: string): Promise<RunCost> {
  // Where the run has its socket, by which its proxy is told from others.
  const TMPDIR = mkdtempSync(join(folder, 'run-'))
  let proxyBytes = Number.NaN
  const cost = await withPeak(async (env) => {
    const step = await scene.deploy(
      { 'all.yaml': manifests },
      {
        env: { ...env, TMPDIR },
        cancel,
        onLine(line) {
          if (/^\d+ objects ready$/.test(line)) proxyBytes = peakOfProxy(TMPDIR)
        },
      },
    )
    cancel.throwIfAborted()
    assert.equal(step.outputs['result'], 'deployed', step.log.join('\n'))
    return step.durationMs + (step.post?.durationMs ?? 0)
  })
  return { ...cost, proxyBytes }
}
