import { spawn } from 'node:child_process'
import { programPath } from '../../../../lab/cluster/build.ts'
import type { KubeObject, ManagedFields } from '../../src/kube/objects.ts'
import type { Scene } from './scene.ts'

/** Writes an object, or a few fields of one, as another manager does: by server-side apply under its own name. */
export async function applyAs({ kubectl, file }: Scene, manager: string, object: object): Promise<void> {
  const path = await file(`${manager}.json`, JSON.stringify(object))
  await kubectl('apply', '--server-side', `--field-manager=${manager}`, '--filename', path)
}

/** Who owns which fields, by manager and operation, without times and what status subresources count. */
export async function ownersOf({ kubectl }: Scene, object: string): Promise<Record<string, unknown>> {
  const text = await kubectl('get', object, '--show-managed-fields', '--output=json')
  const { metadata } = JSON.parse(text) as KubeObject
  const entries = (metadata.managedFields ?? []).filter(({ subresource }) => subresource !== 'status')
  return Object.fromEntries(entries.map((entry) => [ownerOf(entry), entry.fieldsV1]))
}

function ownerOf({ manager, operation, subresource }: ManagedFields): string {
  return [manager, operation, subresource].filter(Boolean).join(' ')
}

/** Every value that a field of an object takes on from now on. */
export function watchField({ cluster, namespace }: Scene, object: string, jsonPath: string) {
  const args = ['get', object, '--watch', `--output=jsonpath={${jsonPath}}{"\\n"}`]
  const child = spawn(programPath('kubectl'), [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--namespace=${namespace}`,
    ...args,
  ])
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return {
    values: (): string[] => [...new Set(text.split('\n').filter((line) => line !== ''))],
    close: (): Promise<void> =>
      new Promise((resolve) => {
        child.once('close', () => resolve())
        child.kill()
      }),
  }
}
