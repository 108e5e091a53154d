import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createLineReader } from '../../lib/process/lines.ts'
import type { Bench } from './bench.ts'

/** What the API shows of an object by which anybody can know that it has failed. */
export interface Fact {
  resource: 'pods' | 'deployments'
  /** What of an object is looked at, as JSONPath of kubectl. */
  template: string
  isShown: RegExp
}

/** A watch beside the contender, which knows nothing of it. */
export interface FactWatch {
  /** When the fact was first shown, by `performance.now()`. Throws when it hasn't been. */
  moment(): number
  close(): Promise<void>
}

export function watchFact(bench: Bench, connection: readonly string[], fact: Fact): FactWatch {
  const { resource, template, isShown } = fact
  const args = [...connection, 'get', resource, '--watch', `--output=jsonpath=${template}{"\\n"}`]
  const watch = spawn(bench.kubectl, args, { env: bench.env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(watch, 'exit')
  let moment: number | undefined
  const lines = createLineReader((line) => {
    if (isShown.test(line)) moment ??= performance.now()
  })
  watch.stdout.on('data', lines.push)
  return {
    moment() {
      if (moment === undefined) throw new Error(`no ${resource} showed ${isShown}`)
      return moment
    },
    async close() {
      watch.kill()
      await ended
    },
  }
}
