// Base images made of this machine's own programs, since none can be fetched.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execute } from '../provision/execute.ts'
import { addImage } from './images.ts'

export const pauseImage = 'registry.k8s.io/pause:3.10'

/** A shell and the usual small tools. */
export const busyboxImage = 'docker.io/library/busybox:lab'

/** Node, on top of busybox: a base for services in TypeScript. User 1000 is `node`, as in the official image. */
export const nodeImage = 'docker.io/library/node:lab'

const pathVariable = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const longest = '2147483647'

/** What a node needs before its first pod: the sandbox's image, and the storage class's helper. */
export async function addSmallImages(store: string, busybox: string): Promise<void> {
  await withFolder(store, async (root) => {
    await copyProgram(busybox, root, '/bin/busybox')
    for (const applet of (await execute(busybox, ['--list'])).trim().split('\n')) {
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
    }
    writeUsers(root)
    await addImage(store, busyboxImage, root, { config: { Env: [pathVariable], Cmd: ['sh'] } })
    // A sandbox holds the pod's namespaces and does nothing.
    await addImage(store, pauseImage, root, { config: { Entrypoint: ['/bin/sleep', longest] } })
  })
}

/** Takes some seconds: node is 120 MB. */
export async function addNodeImage(store: string): Promise<void> {
  await withFolder(store, async (root) => {
    await copyProgram(process.execPath, root, '/usr/local/bin/node')
    await addImage(store, nodeImage, root, { base: busyboxImage, config: { Cmd: ['node'] } })
  })
}

/** Puts a program and the libraries that it's linked with under a root folder, the libraries where they lie here. */
async function copyProgram(file: string, root: string, target: string): Promise<void> {
  copy(realpathSync(file), join(root, target))
  for (const library of await librariesOf(file)) copy(realpathSync(library), join(root, library))
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}

async function librariesOf(file: string): Promise<string[]> {
  try {
    // `libm.so.6 => /lib/…/libm.so.6 (0x…)`, and the loader as `/lib64/ld-linux-x86-64.so.2 (0x…)`
    const lines = await execute('ldd', [file])
    return [...lines.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? [])
  } catch (error) {
    if (String(error).includes('not a dynamic executable')) return []
    throw new Error(`the libraries of ${basename(file)} can't be listed`, { cause: error })
  }
}

function writeUsers(root: string): void {
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nnode:x:1000:1000:node:/tmp:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 })
}

/** Within the store: whatever becomes of this process, it goes with the cluster. */
async function withFolder(store: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(store, 'root-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
