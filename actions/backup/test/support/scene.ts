import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { openScenario, type Scenario, type Step, type StepOptions } from '../../../../lab/scenario/index.ts'

export type { Step } from '../../../../lab/scenario/index.ts'

const ACTION = resolve(fileURLToPath(new URL('../..', import.meta.url)))

export const INDEX_KEY = 'an index key of more than thirty-two bytes'

/** A repository whose scheduled workflow backs up to a folder, the committed bundle, and somebody who may restore. */
export interface Scene extends Scenario {
  /** Secret key of the one recipient; backups don't have it. */
  identity: string
  recipient: string
  /** Where the backups lie; what `bucket` names. */
  store: string
  /** A folder of the scene's own. */
  folderFor(name: string): string
  /** A backup of `sources`. */
  backup(sources: string, options?: StepOptions): Promise<Step>
  /** Another mode, with the identity. */
  mode(mode: string, inputs?: Record<string, string>, options?: StepOptions): Promise<Step>
}

/**
 * @param inputs of every run, in place of those that lead to the folder
 * @param env of every run
 */
export async function openScene(inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<Scene> {
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const scenario = await openScenario({
    action: ACTION,
    files: { '.github/workflows/backup.yml': "on: { schedule: [{ cron: '17 2 * * *' }] }\n" },
    inputs: (folder) => ({
      set: 'shop',
      bucket: `file://${join(folder, 'store')}`,
      recipients: recipient,
      'index-key': INDEX_KEY,
      ...inputs,
    }),
    env,
  })
  const store = join(scenario.folder, 'store')
  mkdirSync(store)
  return {
    ...scenario,
    identity,
    recipient,
    store,
    folderFor(name) {
      const folder = join(scenario.folder, name)
      mkdirSync(folder, { recursive: true })
      return folder
    },
    backup: (sources, options = {}) => scenario.scheduleRun({ ...options, inputs: { sources, ...options.inputs } }),
    mode: (mode, own = {}, options = {}) => scenario.scheduleRun({ ...options, inputs: { mode, identity, ...own } }),
  }
}
