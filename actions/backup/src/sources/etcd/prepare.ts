import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { BackupError } from '../../failure.ts'
import type { Place } from '../../places/place.ts'
import { ownWords, sourceFailed, sourceName } from '../programs.ts'
import type { EtcdSource } from '../source.ts'
import { programOutput, type StreamPlan, startedStream } from '../stream.ts'

/**
 * A snapshot of etcd, or of the etcd that k3s has in it. It is made when its stream is started, in a temporary folder at the place, since
 * neither program writes one to its standard output; the folder goes when the stream ends, however it ends.
 *
 * etcdctl takes endpoints and certificates from ETCDCTL_* of its own environment there; where those say nothing, kubeadm's certificates
 * are used if they are there.
 */
export function prepareEtcd(source: EtcdSource, place: Place): StreamPlan {
  const what = sourceName(source.id, place)
  const save = source.kind === 'k3s-snapshot' ? saveK3s : saveEtcd
  return {
    streams: [
      {
        name: source.kind === 'k3s-snapshot' ? 'k3s' : 'etcd',
        role: 'snapshot',
        extension: 'db',
        estimate: 0,
        start: () => startedStream(snapshot(place, what, save)),
      },
    ],
    facts: { product: source.kind === 'k3s-snapshot' ? 'k3s' : 'etcd' },
    warnings: [],
  }
}

/** Writes a snapshot into an empty folder and gives its path. */
type Save = (place: Place, what: string, folder: string) => Promise<string>

async function* snapshot(place: Place, what: string, save: Save): AsyncGenerator<Buffer> {
  const folder = (await runAt(place, what, ['mktemp', '-d'])).trim()
  try {
    const file = await save(place, what, folder)
    const start = () => place.start({ argv: ['cat', file] })
    yield* checked(
      what,
      programOutput(start, (ending) => {
        if (ending.code !== 0) throw sourceFailed(what, ownWords(ending, []))
      }),
    )
  } finally {
    await place.run({ argv: ['rm', '-rf', folder] })
  }
}

const DIGEST_BYTES = 32
/** Of bbolt's pages, which are powers of two from here on. */
const PAGE_BYTES = 512

/**
 * A snapshot that came from a server ends with the SHA-256 of all before it (etcd's `snapshot restore` refuses others), so a
 * file that was cut, or changed on its way, shows.
 */
async function* checked(what: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let length = 0
  let last: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    length += chunk.length
    const joined = Buffer.concat([last, chunk])
    const cut = Math.max(0, joined.length - DIGEST_BYTES)
    hash.update(joined.subarray(0, cut))
    last = Buffer.from(joined.subarray(cut))
    yield chunk
  }
  if (length === 0) throw new BackupError('source-empty', `${what} gave a snapshot of no byte.`)
  if (length % PAGE_BYTES === DIGEST_BYTES && hash.digest().equals(last)) return
  throw sourceFailed(what, 'the snapshot does not have the checksum that etcd puts at its end.')
}

async function saveEtcd(place: Place, what: string, folder: string): Promise<string> {
  const file = posix.join(folder, 'snapshot.db')
  const env = { ETCDCTL_API: '3', ...(await certificates(place)) }
  // To save a snapshot it waits for an absent server for ever; to ask for its health it does not.
  await runAt(place, what, ['etcdctl', 'endpoint', 'health'], env)
  await runAt(place, what, ['etcdctl', 'snapshot', 'save', file], env)
  return file
}

const KUBEADM = '/etc/kubernetes/pki/etcd'

/** https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#backing-up-an-etcd-cluster */
async function certificates(place: Place): Promise<Record<string, string>> {
  const told = await place.run({ argv: ['printenv', 'ETCDCTL_CACERT', 'ETCDCTL_ENDPOINTS'] })
  if (told.stdout.length > 0) return {}
  const there = await place.run({ argv: ['test', '-r', `${KUBEADM}/server.key`] })
  if (there.code !== 0) return {}
  return {
    ETCDCTL_ENDPOINTS: 'https://127.0.0.1:2379',
    ETCDCTL_CACERT: `${KUBEADM}/ca.crt`,
    ETCDCTL_CERT: `${KUBEADM}/server.crt`,
    ETCDCTL_KEY: `${KUBEADM}/server.key`,
  }
}

/** It adds the node's name and the time to the name: https://docs.k3s.io/cli/etcd-snapshot */
async function saveK3s(place: Place, what: string, folder: string): Promise<string> {
  await runAt(place, what, ['k3s', 'etcd-snapshot', 'save', '--name=ondol', `--dir=${folder}`])
  const [file] = (await runAt(place, what, ['find', folder, '-type', 'f', '-name', 'ondol*'])).split('\n')
  if (file) return file
  throw sourceFailed(what, 'k3s says that it has saved a snapshot, and there is none.')
}

async function runAt(
  place: Place,
  what: string,
  argv: [string, ...string[]],
  env: Record<string, string> = {},
): Promise<string> {
  const finished = await place.run({ argv, env })
  if (finished.code === 0) return finished.stdout.toString()
  throw sourceFailed(what, ownWords(finished, []))
}
