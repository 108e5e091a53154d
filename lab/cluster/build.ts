// Compiles the programs of a Kubernetes cluster from their Go modules, once, into the lab's cache: no release is downloaded.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execute } from '../provision/execute.ts'
import { cacheFolder } from '../provision/find.ts'
import { fillCache, type Report } from '../provision/install.ts'

export const kubernetesVersion = '1.34.4'

/** Kubernetes' libraries of 1.34.4 are released as 0.34.4. */
const libraryVersion = `v0${kubernetesVersion.slice(1)}`

interface Build {
  name: string
  module: string
  version: string
  /** Program name → package */
  programs: Readonly<Record<string, string>>
  ldflags?: string
  /** Other modules in at least this version, so that packages which Kubernetes compiled already aren't compiled again */
  requires?: readonly string[]
  /** Source of a main package of our own; its path as a package is `.` */
  main?: string
  /** Whether the module's go.mod asks for Kubernetes' libraries in version v0.0.0, meant for folders that no module holds */
  staging?: true
}

const stamp = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map((path) =>
  [`gitVersion=v${kubernetesVersion}`, 'gitMajor=1', 'gitMinor=34'].map((value) => `-X ${path}.${value}`).join(' '),
)

/** CoreDNS as it comes has 50 plugins and the SDKs of three clouds; a cluster's names need these. */
const coreDnsMain = `package main

import (
	_ "github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() { coremain.Run() }
`

const builds: readonly Build[] = [
  {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    version: `v${kubernetesVersion}`,
    programs: programsIn('k8s.io/kubernetes/cmd', [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubelet',
      'kube-proxy',
      'kubectl',
    ]),
    ldflags: stamp.join(' '),
    staging: true,
  },
  {
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    version: 'v3.6.4',
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
  },
  {
    name: 'cni-plugins',
    module: 'github.com/containernetworking/plugins',
    version: 'v1.7.1',
    programs: {
      ...programsIn('github.com/containernetworking/plugins/plugins/main', ['ptp', 'loopback']),
      ...programsIn('github.com/containernetworking/plugins/plugins/ipam', ['host-local']),
    },
  },
  {
    name: 'coredns',
    module: 'github.com/coredns/coredns',
    version: 'v1.13.1',
    programs: { coredns: '.' },
    requires: [`k8s.io/client-go ${libraryVersion}`],
    main: coreDnsMain,
  },
  {
    name: 'local-path-provisioner',
    module: 'github.com/rancher/local-path-provisioner',
    version: 'v0.0.30',
    programs: { 'local-path-provisioner': 'github.com/rancher/local-path-provisioner' },
    requires: [`k8s.io/client-go ${libraryVersion}`],
  },
  {
    name: 'metrics-server',
    module: 'sigs.k8s.io/metrics-server',
    version: 'v0.9.0',
    programs: { 'metrics-server': 'sigs.k8s.io/metrics-server/cmd/metrics-server' },
  },
]

function programsIn(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `${folder}/${name}`]))
}

/** Absolute path of a program, which is there once `buildPrograms` is through. */
export function programPath(name: string): string {
  const build = builds.find(({ programs }) => Object.hasOwn(programs, name))
  if (build === undefined) throw new Error(`nothing builds ${name}`)
  return join(folderOf(build), 'bin', name)
}

function folderOf({ name, version }: Build): string {
  // The cache of the parts: beside any of them.
  return join(dirname(cacheFolder('go')), `${name}-${version.slice(1)}`)
}

/** Programs that are still to be compiled. */
export function missingPrograms(): string[] {
  return builds.filter((build) => !existsSync(folderOf(build))).flatMap((build) => Object.keys(build.programs))
}

/** All of it on two quiet cores, with nothing cached */
export const buildMinutes = 11

/**
 * Compiles what is missing.
 * @param go path of Go's command
 * @throws Error with the compiler's words; what was compiled before stays
 */
export async function buildPrograms(go: string, report: Report): Promise<void> {
  report(`compiling ${missingPrograms().join(', ')}: about ${buildMinutes} minutes for all that a cluster needs, once`)
  for (const build of builds.filter((each) => !existsSync(folderOf(each)))) {
    await fillCache(folderOf(build), (folder) => compile(go, build, folder, report))
  }
}

async function compile(go: string, build: Build, folder: string, report: Report): Promise<void> {
  const source = mkdtempSync(join(tmpdir(), 'ondol-build-'))
  try {
    writeFileSync(join(source, 'go.mod'), await moduleFile(go, build))
    if (build.main !== undefined) writeFileSync(join(source, 'main.go'), build.main)
    for (const [name, path] of Object.entries(build.programs)) {
      report(`compiling ${name} ${build.version}`)
      const args = ['build', '-trimpath', '-mod=mod', '-ldflags', `-s -w ${build.ldflags ?? ''}`]
      mkdirSync(join(folder, 'bin'), { recursive: true })
      await execute(go, [...args, '-o', join(folder, 'bin', name), path], { cwd: source, env: { CGO_ENABLED: '0' } })
    }
  } finally {
    rmSync(source, { recursive: true, force: true })
  }
}

async function moduleFile(go: string, build: Build): Promise<string> {
  const required = [`${build.module} ${build.version}`, ...(build.requires ?? [])]
  const replaced = build.staging ? await stagingModules(go, build) : []
  return [
    'module ondol.dev/lab\n\ngo 1.24\n',
    ...required.map((module) => `require ${module}`),
    ...replaced.map((module) => `replace ${module} => ${module} ${libraryVersion}`),
    '',
  ].join('\n')
}

async function stagingModules(go: string, { module, version }: Build): Promise<string[]> {
  const download = ['mod', 'download', '-json', `${module}@${version}`]
  const { GoMod } = JSON.parse(await execute(go, download, { cwd: tmpdir() }))
  const text = await execute(go, ['mod', 'edit', '-json', GoMod], { cwd: tmpdir() })
  const { Require } = JSON.parse(text) as { Require: { Path: string; Version: string }[] }
  return Require.filter(({ Version }) => Version === 'v0.0.0').map(({ Path }) => Path)
}
