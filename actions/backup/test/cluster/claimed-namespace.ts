import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { programPath } from '../../../../lab/cluster/build.ts'
import { useCluster } from '../../../../lab/cluster/index.ts'
import { installSnapshotApi, type Kubectl } from './snapshot-api.ts'

/** A namespace of a test's own, with the claim `data`, which has a volume, and `empty`, which has none, and with VolumeSnapshots. */
export interface ClaimedNamespace {
  namespace: string
  kubeconfig: string
  /** A temporary folder. */
  folder: string
  kubectl: Kubectl
  /** Path of the kubeconfig of a new account that may do this in the namespace, and nothing else. */
  kubeconfigOf(account: string, rules: readonly object[]): Promise<string>
  /** Deletes its snapshots and their contents. */
  clear(): Promise<void>
  close(): Promise<void>
}

export async function openClaimedNamespace(): Promise<ClaimedNamespace> {
  const cluster = await useCluster({ workers: 1 })
  const namespace = `t-snap-${randomBytes(4).toString('hex')}`
  const here = `--namespace=${namespace}`
  const folder = mkdtempSync(join(tmpdir(), 'ondol-snapshot-test-'))
  const kubectl: Kubectl = (args, input) => runKubectl(cluster.kubeconfig, args, input)
  await kubectl(['create', 'namespace', namespace])
  const removeApi = await installSnapshotApi(kubectl)
  await kubectl(
    ['create', '--filename=-'],
    listOf([volume(namespace), claim(namespace, 'data'), claim(namespace, 'empty')]),
  )
  await kubectl([here, 'wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/data', '--timeout=30s'])

  return {
    namespace,
    kubeconfig: cluster.kubeconfig,
    folder,
    kubectl,
    async kubeconfigOf(account, rules) {
      await kubectl(['create', '--filename=-'], listOf(accountObjects(namespace, account, rules)))
      const token = (await kubectl([here, 'create', 'token', account])).trim()
      const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--output=json']))
      const users = config.users.map(({ name }: { name: string }) => ({ name, user: { token } }))
      const file = join(folder, account)
      writeFileSync(file, JSON.stringify({ ...config, users }), { mode: 0o600 })
      return file
    },
    async clear() {
      await kubectl([here, 'delete', 'volumesnapshots', '--all'])
      await kubectl(['delete', 'volumesnapshotcontents', `--selector=namespace=${namespace}`])
    },
    async close() {
      await kubectl(['delete', 'namespace', namespace, '--wait=false'])
      await kubectl(['delete', 'persistentvolume', namespace, '--wait=false'])
      await removeApi()
      rmSync(folder, { recursive: true })
      await cluster.close()
    },
  }
}

async function runKubectl(kubeconfig: string, args: readonly string[], input?: object): Promise<string> {
  const child = spawn(programPath('kubectl'), [`--kubeconfig=${kubeconfig}`, ...args])
  child.stdin.end(input === undefined ? '' : JSON.stringify(input))
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('close', resolve)),
  ])
  if (code === 0) return out
  throw new Error(`kubectl ${args.join(' ')}: ${err}`)
}

function listOf(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', items }
}

/** Bound to the claim `data`, by hand. */
function volume(namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace },
    spec: {
      ...{ capacity: { storage: '16Mi' }, accessModes: ['ReadWriteOnce'], storageClassName: namespace },
      ...{ claimRef: { namespace, name: 'data' }, hostPath: { path: `/tmp/${namespace}` } },
    },
  }
}

function claim(namespace: string, name: string): object {
  const resources = { requests: { storage: '16Mi' } }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: namespace, resources },
  }
}

const RBAC = 'rbac.authorization.k8s.io'

function accountObjects(namespace: string, account: string, rules: readonly object[]): object[] {
  const metadata = { name: account, namespace }
  const subjects = [{ kind: 'ServiceAccount', ...metadata }]
  const roleRef = { apiGroup: RBAC, kind: 'Role', name: account }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules },
    { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata, subjects, roleRef },
  ]
}
