import { pipeline } from 'node:stream/promises'
import { describeError } from '../../../../lib/action/errors.ts'
import type { IndexedDump } from '../catalogue/index-file.ts'
import { dumpKey } from '../catalogue/keys.ts'
import type { Place } from '../places/place.ts'
import type { Session } from '../session.ts'
import { prepareCommand } from '../sources/command/prepare.ts'
import { prepareEbs } from '../sources/ebs/prepare.ts'
import { prepareEtcd } from '../sources/etcd/prepare.ts'
import { prepareMysql } from '../sources/mysql/prepare.ts'
import { preparePostgres } from '../sources/postgres/prepare.ts'
import type { Source } from '../sources/source.ts'
import type { SourceStream, StreamPlan } from '../sources/stream.ts'
import { prepareVolume } from '../sources/volumes/prepare.ts'
import type { Draft } from './draft.ts'
import { indexed, type Plan, type SourceOutcome, type Work } from './source-outcome.ts'

type StreamSource = Exclude<Source, { kind: 'files' }>

/** Dumps of databases and commands: whole in every backup. Throws a BackupError when the server can't be dumped. */
export async function prepareStreams(session: Session, source: StreamSource, place: Place, plan: Plan): Promise<Work> {
  const streams = await planStreams(session, source, place, plan)
  return (draft) => {
    for (const stream of streams.streams) draft.onGiveUp(() => undo(session, stream))
    return backUp(source, streams, plan, draft)
  }
}

async function planStreams(
  { stepEnv, inputs, kubectl, stop }: Session,
  source: StreamSource,
  place: Place,
  { id }: Plan,
): Promise<StreamPlan> {
  const owner = { set: inputs.set, id }
  switch (source.kind) {
    case 'postgres':
      return await preparePostgres(source, place, stepEnv)
    case 'mysql':
      return await prepareMysql(source, place, stepEnv)
    case 'command':
      return prepareCommand(source, place)
    case 'etcd-snapshot':
    case 'k3s-snapshot':
      return prepareEtcd(source, place)
    case 'ebs-snapshot':
      return await prepareEbs(source, place, owner, stop)
    case 'volume-snapshot':
      return await prepareVolume(source, kubectl, owner, stop)
  }
}

async function undo({ log }: Session, stream: SourceStream): Promise<void> {
  await stream.undo?.().catch((error: unknown) => log.annotate({ level: 'warning', message: describeError(error) }))
}

async function backUp(
  source: StreamSource,
  { streams, facts, warnings }: StreamPlan,
  plan: Plan,
  draft: Draft,
): Promise<SourceOutcome> {
  const dumps: IndexedDump[] = []
  for (const [index, stream] of streams.entries()) dumps.push(await store(source, stream, index + 1, plan, draft))
  return {
    indexed: indexed(source, { entries: 0, dumps, facts }),
    entries: [],
    files: 0,
    bytesRead: dumps.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
    warnings: warnings.map((warning) => `\`${source.id}\`: ${warning}`),
  }
}

async function store(
  source: StreamSource,
  { name, role, extension, estimate, start }: SourceStream,
  number: number,
  { encryption }: Plan,
  draft: Draft,
): Promise<IndexedDump> {
  const upload = draft.upload({
    kind: 'dump',
    source: source.id,
    keyOf: (piece) => dumpKey({ source: source.id, number, extension }, piece, encryption),
    estimate,
  })
  const started = start()
  await pipeline(started.stdout, upload.stream)
  await started.ended
  const { records, plainBytes } = await upload.done
  return { name, role, extension, keys: records.map(({ key }) => key), plainBytes }
}
