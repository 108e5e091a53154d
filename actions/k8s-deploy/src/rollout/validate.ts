import { inParallel } from '../../../../lib/in-parallel/in-parallel.ts'
import { isForbidden } from '../cluster/api-error.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { explainApiError } from '../cluster/explain.ts'
import { DeployError, type Failure } from '../failure.ts'
import type { Manifest, Source } from '../kube/manifest.ts'
import { describeRef, type KubeObject, type Ref, refOf } from '../kube/objects.ts'
import { isHook, runsOnce } from '../manifests/hooks.ts'
import { invalidManifest } from '../manifests/invalid.ts'
import { isOver } from '../readiness/jobs.ts'
import type { AppName } from '../state/own-objects.ts'
import { refuseTaken, requireOwn } from '../state/ownership.ts'
import { REQUESTS_AT_ONCE } from './at-once.ts'
import { type Change, changeOf, ownsAlike } from './change.ts'
import { definitionOf, isCrd, isNamespace, kindsOf, schemaOf } from './crd.ts'
import {
  dryRun,
  dryRunElsewhere,
  isAboutDocument,
  isHopeless,
  isImmutable,
  type Writing,
  webhookWithoutDryRun,
} from './dry-run.ts'
import { liveReader } from './read-live.ts'
import { schemaProblems } from './schema.ts'

export interface ValidateOptions extends Writing, AppName {
  /** In diff mode a token needn't read Secrets: what the API would make of one is told by its dry run. */
  secretsMayBeUnreadable?: boolean
}

export interface ValidateLimits {
  requestsAtOnce: number
  problems: number
}

/** One object, looked at without writing anything. */
export interface Validated {
  manifest: Manifest
  ref: Ref
  /** Index of its wave. */
  wave: number
  /** As it lives now; `undefined` when it isn't there, or can't be read (then `change` is `unknown`). */
  before: KubeObject | undefined
  /** As the dry run gave it; `undefined` where there was none. */
  after: KubeObject | undefined
  change: Change
  /**
   * `apply`; `replace` for a Job that is over, since a Job's template can't be changed; `skip` when it already is so; `later` when its
   * namespace or kind comes with this deployment, so that the dry run follows then.
   */
  write: 'apply' | 'replace' | 'skip' | 'later'
}

export interface Validation {
  /** In the order of the waves. */
  objects: Validated[]
  /** In the same order; the first one is the deployment's failure. */
  problems: Failure[]
  notes: string[]
}

const LIMITS: ValidateLimits = { requestsAtOnce: REQUESTS_AT_ONCE, problems: 20 }

/** A namespace that the API server itself makes. */
const ALWAYS_THERE = 'default'

interface Entry {
  manifest: Manifest
  ref: Ref
  wave: number
}

interface Context {
  cluster: Cluster
  read: (ref: Ref) => Promise<KubeObject | undefined>
  options: ValidateOptions
  manifests: Manifest[]
}

/** What this deployment brings, and later objects depend on. */
interface Coming {
  namespaces: ReadonlySet<string>
  /** Definitions that are new or about to change, as they live now. */
  definitions: ReadonlyMap<KubeObject, KubeObject | undefined>
}

type Checked = Validated & { problem?: Failure; note?: string }

/**
 * Reads every object as it lives and has the API go through every write without writing, so that whatever it refuses is known before
 * the first one.
 *
 * @throws DeployError when nothing can be asked at all (`unreachable`, `unauthorized`); all else is among the problems
 */
export async function validate(
  cluster: Cluster,
  waves: readonly (readonly Manifest[])[],
  options: ValidateOptions,
  limits: Partial<ValidateLimits> = {},
): Promise<Validation> {
  const { requestsAtOnce, problems: most } = { ...LIMITS, ...limits }
  const entries = waves.flatMap((members, wave) =>
    members.map((manifest) => ({ manifest, ref: refOf(manifest.object), wave })),
  )
  const refs = entries.map(({ ref }) => ref)
  const read = await liveReader(cluster, refs, options.app)
  const context = { cluster, read, options, manifests: entries.map(({ manifest }) => manifest) }
  const isFoundation = ({ ref }: Entry): boolean => isNamespace(ref) || isCrd(ref)
  const nothing: Coming = { namespaces: new Set(), definitions: new Map() }
  const foundation = await inParallel(entries.filter(isFoundation), requestsAtOnce, (entry) =>
    check(context, entry, nothing),
  )
  const coming = comingWith(foundation)
  const rest = entries.filter((entry) => !isFoundation(entry))
  const checked = [...foundation, ...(await inParallel(rest, requestsAtOnce, (entry) => check(context, entry, coming)))]
  return summary(inOrder(entries, checked), most)
}

function inOrder(entries: readonly Entry[], checked: readonly Checked[]): Checked[] {
  const byManifest = new Map(checked.map((one) => [one.manifest, one]))
  return entries.flatMap(({ manifest }) => byManifest.get(manifest) ?? [])
}

function summary(checked: readonly Checked[], most: number): Validation {
  const problems = checked.flatMap(({ problem }) => problem ?? [])
  const unsaid = problems.length - most
  return {
    objects: checked.map(({ problem: _, note: __, ...validated }) => validated),
    problems: problems.slice(0, most),
    notes: [
      ...new Set(checked.flatMap(({ note }) => note ?? [])),
      ...(unsaid > 0 ? [`${unsaid} more objects are refused, too.`] : []),
    ],
  }
}

function comingWith(foundation: readonly Checked[]): Coming {
  const changing = foundation.filter(({ change }) => change !== 'none')
  return {
    namespaces: new Set(
      changing.filter(({ ref, change }) => isNamespace(ref) && change === 'create').map(({ ref }) => ref.name),
    ),
    definitions: new Map(
      changing.filter(({ ref }) => isCrd(ref)).map(({ manifest, before }) => [manifest.object, before]),
    ),
  }
}

async function check(context: Context, entry: Entry, coming: Coming): Promise<Checked> {
  const { manifest, ref } = entry
  try {
    const definition = definitionOf(ref, context.manifests)
    if (definition !== undefined && coming.definitions.has(definition)) {
      return await checkCustom(context, entry, definition, coming)
    }
    if ((await context.cluster.resourceOf(ref)) === undefined) return refused(entry, unknownKind(manifest))
    if (ref.namespace !== undefined && coming.namespaces.has(ref.namespace)) return await checkElsewhere(context, entry)
    return await checkInPlace(context, entry)
  } catch (error) {
    if (isHopeless(error)) throw explainApiError(error, ref)
    return refused(entry, error)
  }
}

/** Its kind's schema comes with this deployment, so the API can't judge it yet. */
async function checkCustom(context: Context, entry: Entry, definition: KubeObject, coming: Coming): Promise<Checked> {
  const { manifest, ref } = entry
  const [problem, ...more] = schemaProblems(manifest.object, schemaOf(definition, ref))
  if (problem !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.join('; ')})`
    return refused(entry, invalidManifest(manifest.source, `${describeRef(ref)}: ${problem}${others}`, { object: ref }))
  }
  const known = coming.definitions.get(definition)
  const kind = known === undefined ? undefined : kindsOf(known)[0]
  // In a version that is served today: the manifest's own may be new.
  const before = kind === undefined ? undefined : await context.cluster.get({ ...ref, ...kind })
  demandFree(before, context.options)
  return { ...entry, before, after: undefined, change: before ? 'unknown' : 'create', write: 'later' }
}

/** Its namespace comes with this deployment. Only its document can be judged, elsewhere; quotas and policies can't. */
async function checkElsewhere({ cluster, options }: Context, entry: Entry): Promise<Checked> {
  const later: Checked = { ...entry, before: undefined, after: undefined, change: 'create', write: 'later' }
  try {
    return { ...later, after: await dryRunElsewhere(cluster, entry.manifest.object, options, ALWAYS_THERE) }
  } catch (error) {
    return isAboutDocument(error) || isHopeless(error) ? Promise.reject(error) : later
  }
}

async function checkInPlace(context: Context, entry: Entry): Promise<Checked> {
  const { cluster, options } = context
  const { object } = entry.manifest
  const live = await readLive(context, entry.ref)
  const before = live === 'unreadable' ? undefined : live
  demandFree(before, options)
  if (before !== undefined && isHook(object) && runsOnce(object)) return await checkReplaced(context, entry, before)
  try {
    const after = await dryRun(cluster, object, options)
    if (live === 'unreadable') return { ...entry, before, after, change: 'unknown', write: 'apply' }
    const change = changeOf(before, after)
    const isSame = before !== undefined && change === 'none' && ownsAlike(before, after, options.fieldManager)
    return { ...entry, before, after, change, write: isSame ? 'skip' : 'apply' }
  } catch (error) {
    if (live === 'unreadable' && isForbidden(error)) return unseen(entry)
    return await checkRefused(context, entry, before, error)
  }
}

/** What the dry run of an object refuses may be no fault of the object. */
async function checkRefused(
  context: Context,
  entry: Entry,
  before: KubeObject | undefined,
  error: unknown,
): Promise<Checked> {
  const webhook = webhookWithoutDryRun(error)
  if (webhook !== undefined) {
    const note = `${describeRef(entry.ref)} is not validated: the webhook \`${webhook}\` does not support dry runs.`
    return { ...entry, before, after: undefined, change: before ? 'unknown' : 'create', write: 'apply', note }
  }
  if (before !== undefined && isImmutable(error) && isOver(before)) return checkReplaced(context, entry, before)
  throw error
}

/** A token that may not dry-run Secrets either: one that writes one gets it as answer, with all its values. */
function unseen(entry: Entry): Checked {
  const note = `${describeRef(entry.ref)} is not looked at: this token may not read Secrets.`
  return { ...entry, before: undefined, after: undefined, change: 'unknown', write: 'apply', note }
}

/** A Job of the same name has to go first, so its successor is tried under another name. */
async function checkReplaced({ cluster, options }: Context, entry: Entry, before: KubeObject): Promise<Checked> {
  requireOwn(before, options)
  const after = await dryRunElsewhere(cluster, entry.manifest.object, options, undefined)
  return { ...entry, before, after, change: 'change', write: 'replace' }
}

function demandFree(before: KubeObject | undefined, options: ValidateOptions): void {
  if (before !== undefined && !options.force) refuseTaken(before, options)
}

async function readLive({ read, options }: Context, ref: Ref): Promise<KubeObject | undefined | 'unreadable'> {
  try {
    return await read(ref)
  } catch (error) {
    if (options.secretsMayBeUnreadable && ref.kind === 'Secret' && isForbidden(error)) return 'unreadable'
    throw error
  }
}

function unknownKind({ object, source }: Manifest): DeployError {
  const { apiVersion, kind } = object
  return invalidManifest(source, `the cluster has no kind ${kind} in ${apiVersion}`, {
    remedy: 'Correct `apiVersion` and `kind`, or install what defines the kind first.',
    object: refOf(object),
  })
}

function refused(entry: Entry, error: unknown): Checked {
  const { failure } = error instanceof DeployError ? error : explainApiError(error, entry.ref)
  const problem = withSource(failure, entry.manifest.source)
  return { ...entry, before: undefined, after: undefined, change: 'unknown', write: 'apply', problem }
}

function withSource(failure: Failure, source: Source): Failure {
  return { ...failure, source: failure.source ?? source }
}
