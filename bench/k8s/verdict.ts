import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Signal, terminalRules } from '../../actions/k8s-deploy/src/readiness/terminal.ts'
import type { Scene } from '../../actions/k8s-deploy/test/support/scene.ts'
import { config, files, type ShopOptions, service, web } from '../../actions/k8s-deploy/test/support/shop.ts'
import { below, type Figure, SECONDS, shown } from '../figures.ts'
import { timeProgram } from '../node-process.ts'
import { spreadOf } from '../samples.ts'
import { type Bench, endOfFailure, inNamespace, inScene } from './bench.ts'
import { type Fact, watchFact } from './fact.ts'

/** Runs of the action; of each peer there is one, since it only waits for a time that is given. */
const RUNS = 3

/** From the end of the table's grace to the verdict. */
const PROMISED_MS = 2000

interface Situation {
  what: string
  change: ShopOptions
  fact: Fact
  graceMs: number
  reason: string
}

const CONTAINER =
  '{.status.containerStatuses[0].state.waiting.reason}{.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].restartCount}'
const PROGRESSING = '{.status.conditions[?(@.type=="Progressing")].reason}'

const situations: readonly Situation[] = [
  {
    what: 'image that does not exist',
    change: { image: 'ghcr.io/acme/absent:v1', spec: { progressDeadlineSeconds: 60 } },
    fact: { resource: 'pods', template: CONTAINER, isShown: /^(ErrImagePull|ImagePullBackOff) / },
    graceMs: graceOf('ErrImagePull', 'image-not-found'),
    reason: 'image-not-found',
  },
  {
    // The table counts restarts here, so the fact is the second one, and there is no grace.
    what: 'crash loop, from the second restart that failed',
    change: { command: ['sh', '-c', 'exit 3'], spec: { progressDeadlineSeconds: 60 } },
    fact: { resource: 'pods', template: CONTAINER, isShown: /^(CrashLoopBackOff|Error) [2-9]/ },
    graceMs: 0,
    reason: 'crash-loop',
  },
  {
    what: 'readiness probe that fails, progressDeadlineSeconds: 15',
    change: {
      container: { readinessProbe: { httpGet: { path: '/absent', port: 8080 }, periodSeconds: 1 } },
      spec: { progressDeadlineSeconds: 15 },
    },
    fact: { resource: 'deployments', template: PROGRESSING, isShown: /^ProgressDeadlineExceeded$/ },
    graceMs: 0,
    reason: 'probe-failing',
  },
]

function graceOf(signal: Signal, reason: string): number {
  const rule = terminalRules.find((row) => row.signal === signal && row.reason === reason)
  assert(rule?.graceMs !== undefined)
  return rule.graceMs
}

/** From the fact to the verdict, beside what waits for the same. All wait at the same time: there is nothing to compute. */
export async function measureVerdicts(bench: Bench): Promise<Figure[]> {
  return await Promise.all(situations.map((situation) => measureVerdict(bench, situation)))
}

async function measureVerdict(bench: Bench, situation: Situation): Promise<Figure> {
  const { what, graceMs } = situation
  const manifests = files(config(), service(), web({ replicas: 1, ...situation.change }))['all.yaml'] ?? ''
  const judge = (verdict: Contender) => fromFact(bench, situation, manifests, verdict)
  const [kubectl, helm, ...ours] = await settled([
    judge(verdictOfKubectl),
    judge(verdictOfHelm),
    ...Array.from({ length: RUNS }, () => judge(verdictOfAction)),
  ])
  const peer = (name: string, ms = Number.NaN): string => `${name}: ${shown(spreadOf([ms]), SECONDS)}`
  return below(graceMs + PROMISED_MS, SECONDS, {
    what,
    spread: spreadOf(ours),
    beside: `${peer('kubectl rollout status', kubectl)}, ${peer('helm upgrade --wait', helm)}`,
  })
}

/** Leaves nothing running when one of them fails. */
async function settled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

interface Trial {
  bench: Bench
  situation: Situation
  manifests: string
  scene: Scene
}

/** Gives the moment at which the contender says that it has failed. */
type Contender = (trial: Trial) => Promise<number>

async function fromFact(bench: Bench, situation: Situation, manifests: string, verdict: Contender): Promise<number> {
  return inScene({}, async (scene) => {
    const fact = watchFact(bench, inNamespace(bench, scene), situation.fact)
    try {
      const saidAt = await verdict({ bench, situation, manifests, scene })
      return saidAt - fact.moment()
    } finally {
      await fact.close()
    }
  })
}

async function verdictOfAction({ bench, situation, manifests, scene }: Trial): Promise<number> {
  let saidAt: number | undefined
  const step = await scene.deploy(
    { 'all.yaml': manifests },
    {
      cancel: bench.cancel,
      onLine(line) {
        if (line.includes(`failed (${situation.reason})`)) saidAt ??= performance.now()
      },
    },
  )
  bench.cancel.throwIfAborted()
  assert.equal(step.reason, situation.reason, step.log.join('\n'))
  assert(saidAt !== undefined)
  return saidAt
}

async function verdictOfKubectl({ bench, manifests, scene }: Trial): Promise<number> {
  const connection = inNamespace(bench, scene)
  const file = await scene.file('all.yaml', manifests)
  const options = { env: bench.env, signal: bench.cancel }
  await timeProgram(bench.kubectl, [...connection, 'apply', '--server-side', `--filename=${file}`], options)
  return endOfFailure(bench.kubectl, [...connection, 'rollout', 'status', 'deployment/web', '--timeout=2m'], bench)
}

async function verdictOfHelm({ bench, manifests, scene }: Trial): Promise<number> {
  const chart = mkdtempSync(join(bench.folder, 'chart-'))
  mkdirSync(join(chart, 'templates'))
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0\n')
  writeFileSync(join(chart, 'templates', 'all.yaml'), manifests)
  const args = ['upgrade', '--install', 'web', chart, '--wait', '--timeout=60s']
  return endOfFailure(bench.helm, [...inNamespace(bench, scene), ...args], bench)
}
