import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { openScene, type Scene } from '../../actions/k8s-deploy/test/support/scene.ts'

/** What a measurement has to work with. */
export interface Bench {
  /** Paths of the programs. */
  kubectl: string
  helm: string
  kubeconfig: string
  /** For everything else; it is removed at the end. */
  folder: string
  /** Of the peers. */
  env: Record<string, string>
  cancel: AbortSignal
}

/** A namespace that the next measurement doesn't meet, with a repository whose runs are runs of the committed bundle. */
export async function inScene<Result>(
  inputs: Record<string, string>,
  use: (scene: Scene) => Promise<Result>,
): Promise<Result> {
  const scene = await openScene({}, inputs)
  try {
    return await use(scene)
  } finally {
    await scene.close()
    await scene.kubectl('wait', '--for=delete', `namespace/${scene.namespace}`, '--timeout=3m')
  }
}

export function inNamespace({ kubeconfig }: Bench, { namespace }: Scene): string[] {
  return [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`]
}

/** Runs a program that has to fail. Gives the moment of its end, by `performance.now()`. */
export async function endOfFailure(program: string, args: readonly string[], { env, cancel }: Bench): Promise<number> {
  const outcome = await promisify(execFile)(program, [...args], { env, signal: cancel }).then(
    () => 'success',
    (error: { code?: unknown }) => error.code,
  )
  const endedAt = performance.now()
  cancel.throwIfAborted()
  if (typeof outcome !== 'number') throw new Error(`${program} ${args.join(' ')} ended with ${outcome}`)
  return endedAt
}
