import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { env } from 'node:process'

export interface Image {
  /** The root folder of its files */
  root: string
  workdir: string
  environment: Record<string, string>
  user: { uid: number; gid: number }
  entrypoint: string[]
}

/**
 * Carries out a Dockerfile without Docker: a stage is a folder, and `RUN` runs on this machine in the stage's working
 * directory, with this Node instead of the base image's. It knows the instructions and forms that our Dockerfile uses.
 *
 * @param context the folder that has the Dockerfile and a .dockerignore that begins by leaving out everything
 * @param args build arguments
 * @returns the last stage; its folder's parent is temporary and left to the caller
 */
export function buildImage(context: string, args: Record<string, string>): Image {
  const parent = mkdtempSync(join(tmpdir(), 'bookings-image-'))
  chmodSync(parent, 0o755)
  try {
    const image = buildIn(parent, context, args)
    addNode(image)
    return image
  } catch (error) {
    rmSync(parent, { recursive: true })
    throw error
  }
}

function buildIn(parent: string, context: string, args: Record<string, string>): Image {
  const allowed = allowedNames(readFileSync(join(context, '.dockerignore'), 'utf8'))
  const stages = new Map<string, Image>()
  const build: Build = { context, allowed, args, stages, image: emptyImage(parent) }
  for (const { name, rest } of instructions(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    if (name === 'FROM') {
      build.image = emptyImage(join(parent, String(stages.size)))
      stages.set(rest.split(' AS ')[1] ?? 'last', build.image)
    } else {
      const carryOut = known[name]
      if (carryOut === undefined) throw new Error(`${name} is not known here`)
      carryOut(rest, build)
    }
  }
  return build.image
}

interface Build {
  context: string
  allowed: readonly string[]
  args: Readonly<Record<string, string>>
  stages: ReadonlyMap<string, Image>
  /** The stage that is being built */
  image: Image
}

const known: Readonly<Record<string, (rest: string, build: Build) => void>> = {
  ARG: () => {},
  EXPOSE: () => {},
  WORKDIR: (rest, { image }) => {
    image.workdir = rest
    mkdirSync(folderOf(image), { recursive: true })
  },
  COPY: (rest, build) => copy(rest.split(' '), build),
  RUN: (rest, { image }) => {
    execFileSync('sh', ['-c', rest], { cwd: folderOf(image), stdio: 'pipe', env: environmentOfBuild() })
  },
  ENV: (rest, { image, args }) => {
    const [name = '', value = ''] = rest.split('=', 2)
    image.environment[name] = value.replace(/^\$\{(\w+)\}$/, (_, argument: string) => args[argument] ?? '')
  },
  USER: (rest, { image }) => {
    const [uid = Number.NaN, gid = Number.NaN] = rest.split(':').map(Number)
    image.user = { uid, gid }
  },
  ENTRYPOINT: (rest, { image }) => {
    image.entrypoint = JSON.parse(rest)
  },
}

function emptyImage(root: string): Image {
  return { root, workdir: '/', environment: {}, user: { uid: 0, gid: 0 }, entrypoint: [] }
}

function folderOf({ root, workdir }: Image): string {
  return join(root, workdir)
}

function instructions(dockerfile: string): { name: string; rest: string }[] {
  const lines = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    return { name, rest }
  })
}

function allowedNames(dockerignore: string): string[] {
  const [first, ...others] = dockerignore.trim().split('\n')
  if (first !== '*') throw new Error('.dockerignore must begin by leaving out everything')
  return others.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
}

function copy(words: readonly string[], { context, allowed, stages, image }: Build): void {
  const stage = stages.get(/^--from=(.*)$/.exec(words[0] ?? '')?.[1] ?? '')
  const [target = '', ...sources] = (stage === undefined ? words : words.slice(1)).toReversed()
  for (const source of sources) {
    if (stage === undefined && !allowed.includes(source)) throw new Error(`.dockerignore leaves out ${source}`)
    const to = join(folderOf(image), target, target.endsWith('/') ? basename(source) : '')
    cpSync(join(stage?.root ?? context, source), to, { recursive: true, verbatimSymlinks: true })
  }
}

/** This one, without what an outer `npm test` says about its own package. */
function environmentOfBuild(): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_(local_)?prefix)|INIT_CWD)/.test(name),
  )
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}:${env['PATH']}` }
}

/** The base image brings it there. */
function addNode({ root }: Image): void {
  const node = join(root, 'usr/local/bin/node')
  mkdirSync(dirname(node), { recursive: true })
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o755)
}
