// The default storage class: folders on a worker's disk, made on demand by local-path-provisioner, as in kind and k3s.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { adminKubeconfig, apply } from '../api.ts'
import { busyboxImage } from '../base-images.ts'
import { startComponent } from '../control-plane.ts'
import type { Layout } from '../layout.ts'

const namespace = 'local-path-storage'
const account = 'local-path-provisioner'
const scripts = 'local-path-config'

export async function startStorage(layout: Layout): Promise<void> {
  await apply(layout, 'storage', objects)
  const config = join(layout.folder, 'local-path.json')
  const nodePathMap = layout.workers.map(({ name, folder }) => ({ node: name, paths: [join(folder, 'volumes')] }))
  writeFileSync(config, JSON.stringify({ nodePathMap }))
  const helper = join(layout.folder, 'local-path-helper.yaml')
  writeFileSync(helper, stringify(helperPod))
  startComponent(layout, 'local-path-provisioner', [
    'start',
    `--kubeconfig=${adminKubeconfig(layout)}`,
    `--config=${config}`,
    `--namespace=${namespace}`,
    `--service-account-name=${account}`,
    `--configmap-name=${scripts}`,
    `--helper-image=${busyboxImage}`,
    `--helper-pod-file=${helper}`,
  ])
}

const helperPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'helper-pod' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'helper-pod', image: busyboxImage, imagePullPolicy: 'IfNotPresent' }],
  },
}

const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: scripts, namespace },
    // Run by the helper pod on the volume's worker.
    data: {
      setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
      teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
    },
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Delete',
  },
]
