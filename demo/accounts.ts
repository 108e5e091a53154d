// The accounts that the workflows use in the cluster: those of examples/k8s/access, as a reader of the README makes them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { kubectl } from '../lab/cluster/api.ts'

export interface Accounts {
  /** A kubeconfig's content each: for the job that deploys, and for the one that only looks */
  deployer: string
  reviewer: string
}

/** Makes the app's namespace and the accounts in it, as the cluster's owner. */
export async function makeAccounts(admin: string, folder: string): Promise<Accounts> {
  await kubectl(admin, 'apply', '--filename', example('app/namespace.yaml'))
  return {
    deployer: await makeAccount(admin, folder, 'deployer'),
    reviewer: await makeAccount(admin, folder, 'reviewer'),
  }
}

async function makeAccount(admin: string, folder: string, name: keyof Accounts): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, readFileSync(example(`access/${name}.yaml`), 'utf8').replaceAll('shop', 'bookings'))
  await kubectl(admin, 'apply', '--filename', file)
  const token = await kubectl(admin, 'create', 'token', `ondol-${name}`, '--namespace=bookings', '--duration=4h')
  const config = JSON.parse(await kubectl(admin, 'config', 'view', '--raw', '--flatten', '--minify', '--output=json'))
  // On one line, as a secret should be: the runner masks each line of it.
  return JSON.stringify({ ...config, users: [{ name: config.users[0].name, user: { token: token.trim() } }] })
}

function example(path: string): string {
  return resolve(import.meta.dirname, '../examples/k8s', path)
}
