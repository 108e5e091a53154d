import { describe, expect, test } from '@jest/globals'
import { refuseReserved } from './reserved.ts'
import { config, manifest, workload } from './test-support.ts'

const shop = { app: 'shop', namespace: 'prod' }

function refused(object: Parameters<typeof manifest>[0]): string {
  try {
    refuseReserved(manifest(object), shop)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('what manifests may not hold', () => {
  test.each(['part', 'snapshot-role', 'piece', 'track', 'revision'])('the label ondol.dev/%s', (name) => {
    const labels = { [`ondol.dev/${name}`]: 'index' }
    const metadata = { name: 'x', labels }
    expect(refused(config('Secret', 'x', { metadata }))).toContain(`Secret \`x\` has the label ondol.dev/${name}`)
    const pods = workload('Deployment', 'web', {}, { template: { metadata: { labels }, spec: {} } })
    expect(refused(pods)).toContain(`Deployment \`web\` has the label ondol.dev/${name}`)
  })

  test.each(['uid', 'resourceVersion'])('metadata.%s', (field) => {
    expect(refused(config('ConfigMap', 'x', { metadata: { name: 'x', [field]: '1' } }))).toContain(`metadata.${field}`)
    expect(refused(config('ConfigMap', 'x', { metadata: { name: 'x', [field]: null } }))).toBe('')
  })

  test.each([
    ['ConfigMap', 'ondol-shop-inventory', undefined, true],
    ['Lease', 'ondol-shop', 'prod', true],
    ['Secret', 'ondol-shop-digest-key', undefined, true],
    ['Secret', 'ondol-shop-revision-3', undefined, true],
    ['Secret', 'ondol-shop-snapshot-0123456789-0', undefined, true],
    ['ConfigMap', 'ondol-shop-inventory', 'other', false],
    ['ConfigMap', 'ondol-shop-settings', undefined, false],
    ['Deployment', 'ondol-shop', undefined, false],
  ])('the action’s own %s %s in namespace %s: %s', (kind, name, namespace, isRefused) => {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) }
    expect(refused({ apiVersion: 'v1', kind, metadata }).includes('keeps for itself')).toBe(isRefused)
  })
})
