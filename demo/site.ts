// Where the example app is deployed: a cluster, its database and its image, all on this machine.
import { rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { execPath } from 'node:process'
import { kubectl } from '../lab/cluster/api.ts'
import { type LabCluster, nodeImage, prepareCluster, startCluster } from '../lab/cluster/index.ts'
import { alternative, machineObstacle } from '../lab/cluster/obstacle.ts'
import { type Postgres, postgresObstacle, startPostgres } from '../lab/databases/postgres.ts'
import { psql } from '../lab/databases/postgres-sample.ts'
import { execute } from '../lab/provision/execute.ts'
import { type Accounts, makeAccounts } from './accounts.ts'
import { entrancePort, image } from './bookings.ts'
import type { Image } from './build-image.ts'

export interface Site {
  /** Where the app is seen from outside of the cluster, once it is there */
  address: string
  accounts: Accounts
  /** With the password */
  databaseUrl: string
  /** Runs kubectl in the app's namespace, with every right */
  look(...args: string[]): Promise<string>
  /** Runs SQL in the app's database, with every right, and gives what it answers */
  sql(statement: string): Promise<string>
  /** Takes all of it down */
  close(): Promise<void>
}

/**
 * Why this machine can't have a site, in a sentence. Undefined: nothing is in the way, and what it needs was installed and
 * compiled where it was missing.
 */
export async function prepareSite(report: (line: string) => void): Promise<string | undefined> {
  const obstacle = (await machineObstacle()) ?? postgresObstacle()
  // The app's image can only be given to a lab cluster.
  if (obstacle !== undefined) return obstacle.replace(`; ${alternative}`, '')
  try {
    await prepareCluster(report)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Starts cluster and database, and builds the image meanwhile.
 *
 * @param folder for what lies about meanwhile
 */
export async function openSite(folder: string): Promise<Site> {
  const [cluster, built] = await Promise.allSettled([startCluster(), buildImage(folder)])
  if (cluster.status === 'rejected') throw cluster.reason
  const parts: { close(): Promise<void> }[] = [cluster.value]
  const close = async (): Promise<void> => {
    for (const part of parts.toReversed()) await part.close()
  }
  try {
    if (built.status === 'rejected') throw built.reason
    await giveImage(cluster.value, built.value)
    const postgres = await startPostgres(cluster.value.host)
    parts.push(postgres)
    return { ...(await describeSite(cluster.value, postgres, folder)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function describeSite(cluster: LabCluster, postgres: Postgres, folder: string): Promise<Omit<Site, 'close'>> {
  const { kubeconfig } = cluster
  const accounts = await makeAccounts(kubeconfig, folder)
  const [node = ''] = cluster.nodes
  const internal = '--output=jsonpath={.status.addresses[?(@.type=="InternalIP")].address}'
  return {
    address: `http://${await kubectl(kubeconfig, 'get', 'node', node, internal)}:${entrancePort}`,
    accounts,
    databaseUrl: postgres.url,
    look: (...args) => kubectl(kubeconfig, '--namespace=bookings', ...args),
    sql: (statement) => psql(postgres, 'postgres', `--command=${statement}`),
  }
}

async function buildImage(folder: string): Promise<Image> {
  const [, version = ''] = image.split(':')
  const program = resolve(import.meta.dirname, 'build-image.ts')
  // Whatever becomes of it: its temporary folders lie in one that goes with the story.
  return JSON.parse(await execute(execPath, [program, version], { env: { TMPDIR: folder } }))
}

async function giveImage(cluster: LabCluster, { root, workdir, environment, user, entrypoint }: Image): Promise<void> {
  const config = {
    Entrypoint: entrypoint,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    User: `${user.uid}:${user.gid}`,
    WorkingDir: workdir,
  }
  await cluster.importImage(image, root, { base: nodeImage, config })
  rmSync(dirname(root), { recursive: true })
}
