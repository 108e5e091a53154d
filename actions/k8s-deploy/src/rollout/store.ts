import { type KubeObject, keyOf, type Ref, refOf } from '../kube/objects.ts'
import type { Surroundings } from '../readiness/verdict.ts'

type Family = Pick<Surroundings, 'pods' | 'replicaSets' | 'events'>

/** The newest events of one object; a crash loop writes the same few over and over with a growing count. */
const EVENTS_PER_OBJECT = 30
/** Objects that we don't know (yet): an event may come before its pod does. Most are another app's. */
const STRANGERS = 500

/** What the watches have told, indexed so that a change costs what it touches and not what the app has. */
export interface Store {
  put(object: KubeObject): void
  remove(object: KubeObject): void
  putEvent(event: KubeObject): void
  find(ref: Ref): KubeObject | undefined
  /** What belongs to an object by its controllers. */
  familyOf(object: KubeObject): Family
  /** Keys of the object itself and of its controllers, nearest first. */
  ancestry(object: KubeObject): string[]
  /** The object that an event is about, if we know it. */
  subjectOf(event: KubeObject): KubeObject | undefined
}

export function openStore(): Store {
  const objects = new Map<string, KubeObject>()
  const byUid = new Map<string, KubeObject>()
  const children = new Map<string, Map<string, KubeObject>>()
  const events = eventStore((uid) => byUid.has(uid))

  const remove = (ref: Ref): void => {
    const old = objects.get(keyOf(ref))
    if (old === undefined) return
    objects.delete(keyOf(ref))
    byUid.delete(uidOf(old))
    children.get(controllerOf(old) ?? '')?.delete(uidOf(old))
  }
  const childrenOf = (object: KubeObject, kind: string): KubeObject[] =>
    [...(children.get(uidOf(object))?.values() ?? [])].filter((child) => child.kind === kind)

  return {
    put(object) {
      remove(refOf(object))
      const small = withoutBulk(object)
      objects.set(keyOf(refOf(small)), small)
      byUid.set(uidOf(small), small)
      const controller = controllerOf(small)
      if (controller === undefined) return
      const siblings = children.get(controller) ?? new Map<string, KubeObject>()
      children.set(controller, siblings.set(uidOf(small), small))
    },
    remove(object) {
      remove(refOf(object))
      children.delete(uidOf(object))
      events.forget(uidOf(object))
    },
    putEvent: (event) => events.put(withoutBulk(event)),
    find: (ref) => objects.get(keyOf(ref)),
    familyOf(object) {
      const replicaSets = childrenOf(object, 'ReplicaSet')
      const pods = [object, ...replicaSets].flatMap((owner) => childrenOf(owner, 'Pod'))
      return { pods, replicaSets, events: [object, ...replicaSets, ...pods].flatMap((one) => events.about(uidOf(one))) }
    },
    ancestry(object) {
      // A set, since nothing keeps people from writing owners in a circle.
      const keys = new Set<string>()
      let one: KubeObject | undefined = object
      while (one !== undefined && !keys.has(keyOf(refOf(one)))) {
        keys.add(keyOf(refOf(one)))
        one = byUid.get(controllerOf(one) ?? '')
      }
      return [...keys]
    },
    subjectOf: (event) => byUid.get(subjectUid(event)),
  }
}

interface EventStore {
  put(event: KubeObject): void
  about(uid: string): KubeObject[]
  forget(uid: string): void
}

function eventStore(isOurs: (uid: string) => boolean): EventStore {
  const bySubject = new Map<string, Map<string, KubeObject>>()
  return {
    put(event) {
      const subject = subjectUid(event)
      const known = bySubject.get(subject) ?? new Map<string, KubeObject>()
      known.delete(event.metadata.name)
      bySubject.set(subject, dropOldest(known.set(event.metadata.name, event), EVENTS_PER_OBJECT))
      const strangers = [...bySubject.keys()].filter((uid) => !isOurs(uid))
      for (const uid of strangers.slice(0, -STRANGERS)) bySubject.delete(uid)
    },
    about: (uid) => [...(bySubject.get(uid)?.values() ?? [])],
    forget: (uid) => void bySubject.delete(uid),
  }
}

/** A Map keeps the order of insertion. */
function dropOldest<Value>(map: Map<string, Value>, limit: number): Map<string, Value> {
  for (const key of [...map.keys()].slice(0, -limit)) map.delete(key)
  return map
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Without what only managers of fields read: it's up to half of an object. */
function withoutBulk(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  const { [LAST_APPLIED]: __, ...annotations } = metadata.annotations ?? {}
  return { ...object, metadata: { ...metadata, ...(metadata.annotations ? { annotations } : {}) } }
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? ''
}

function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

function subjectUid(event: KubeObject): string {
  return (event['involvedObject'] as { uid?: string } | undefined)?.uid ?? ''
}
