// `npm run lab cluster up | down | status | images`: a cluster that stays until it is taken down, for trying things by hand.
import { existsSync } from 'node:fs'
import { stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { provision } from '../provision/index.ts'
import { adminKubeconfig, kubectl } from './api.ts'
import { buildPrograms, missingPrograms } from './build.ts'
import { isLeftOver, keep, listClaims } from './claims.ts'
import { ensureNodeImage } from './cluster.ts'
import { listImages } from './images.ts'
import { checkWorkers, type Layout, layOut, registryAddress } from './layout.ts'
import { bringUp, removeLeftOvers, storeOf, takeDown } from './lifecycle.ts'
import { machineObstacle, systemParts } from './obstacle.ts'

const usage = `npm run lab -- cluster up [--workers N]   a cluster of N workers (2), which stays until it's taken down
npm run lab -- cluster down               take it down, and what killed programs left
npm run lab -- cluster status             what runs
npm run lab -- cluster images             the images of its registry; makes the base image with Node, too
With --kubeconfig FILE or ONDOL_KUBECONFIG=FILE the cluster of that file is used, and never changed by these commands.`

const say = (line: string): void => {
  stdout.write(`${line}\n`)
}

/** @returns the exit code: 2 for a command that isn't one, 1 for what can't be done */
export async function clusterCommand(args: readonly string[]): Promise<number> {
  const parsed = parse(args)
  if (parsed === undefined) {
    say(usage)
    return 2
  }
  try {
    const given = parsed.kubeconfig ?? (process.env['ONDOL_KUBECONFIG'] || undefined)
    if (given === undefined) await commands[parsed.command](parsed.workers)
    else await showGiven(parsed.command, given)
    return 0
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 1
  }
}

type Command = 'up' | 'down' | 'status' | 'images'

interface Parsed {
  command: Command
  workers: number
  kubeconfig: string | undefined
}

function parse(args: readonly string[]): Parsed | undefined {
  try {
    const options = { workers: { type: 'string' }, kubeconfig: { type: 'string' } } as const
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    // Without `--`, npm keeps `--workers` to itself and hands on only the number.
    const [command = '', number] = positionals
    if (!Object.hasOwn(commands, command) || positionals.length > (command === 'up' ? 2 : 1)) return undefined
    const workers = Number(values.workers ?? number ?? 2)
    return { command: command as Command, workers, kubeconfig: values.kubeconfig }
  } catch {
    return undefined
  }
}

const commands: Readonly<Record<Command, (workers: number) => Promise<void>>> = {
  async up(workers) {
    const running = kept()
    if (running === undefined) await start(workers)
    else if (running.workers.length === workers) say('The cluster is up already.')
    else throw new Error(`The cluster is up with ${running.workers.length} workers: take it down first.`)
    await commands.status(workers)
  },

  async down() {
    const running = kept()
    if (running !== undefined) await takeDown(running)
    const left = await removeLeftOvers()
    if (running === undefined && left.length === 0) say('There is no cluster.')
    else say(`Taken down${left.length === 0 ? '' : `, with ${left.length} that killed programs left`}.`)
    sayOthers()
  },

  async status() {
    const running = kept()
    if (running === undefined) say('There is no cluster: npm run lab cluster up')
    else {
      say(await kubectl(adminKubeconfig(running), 'get', 'nodes', '--output=wide'))
      say(`registry: ${registryAddress(running)}`)
      say(`export KUBECONFIG=${adminKubeconfig(running)}`)
    }
    sayOthers()
  },

  async images() {
    const running = kept()
    if (running === undefined) throw new Error('There is no cluster: npm run lab cluster up')
    await ensureNodeImage(running)
    for (const { name, digest } of listImages(storeOf(running))) say(`${name}  ${digest}`)
  },
}

async function start(workers: number): Promise<void> {
  checkWorkers(workers)
  const obstacle = await machineObstacle()
  if (obstacle !== undefined) throw new Error(obstacle)
  await prepareCluster()
  const startedAt = performance.now()
  keep(await bringUp(workers))
  say(`Up in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`)
}

/**
 * Installs and compiles what a cluster needs, the first time (buildMinutes).
 * @throws Error that names what can't be had and the command for it
 */
export async function prepareCluster(report: (line: string) => void = say): Promise<void> {
  for (const [name, part] of Object.entries(await provision(systemParts, { report }))) {
    if (part.kind === 'missing') throw new Error(`${name}: ${part.why}. To bring it: ${part.command}`)
  }
  if (missingPrograms().length === 0) return
  const { go } = await provision(['go'], { report })
  if (go.kind === 'missing') throw new Error(`go: ${go.why}. To bring it: ${go.command}`)
  await buildPrograms(go.path, report)
}

function kept(): Layout | undefined {
  const found = listClaims().find(({ owner }) => owner.kind === 'kept')
  return found === undefined ? undefined : layOut(found)
}

function sayOthers(): void {
  for (const claim of listClaims()) {
    if (isLeftOver(claim)) say(`Cluster ${claim.slot} was left by a program that died; "down" takes it down.`)
    else if (claim.owner.kind === 'process') say(`Cluster ${claim.slot} is of process ${claim.owner.pid}.`)
  }
}

async function showGiven(command: Command, kubeconfig: string): Promise<void> {
  if (!existsSync(kubeconfig)) throw new Error(`There is no file ${kubeconfig}.`)
  say(`The cluster of ${kubeconfig} is used as it is${command === 'down' ? ', and not taken down' : ''}.`)
  say(await kubectl(kubeconfig, 'get', 'nodes', '--output=wide'))
}
