// Images, made of folders: an OCI image store (opencontainers/image-spec, image-layout.md) that the registry serves.
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { execute } from '../provision/execute.ts'

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const nameAnnotation = 'org.opencontainers.image.ref.name'

export interface ImageConfig {
  Entrypoint?: readonly string[]
  Cmd?: readonly string[]
  /** `NAME=value` each; those of the base image stay */
  Env?: readonly string[]
  /** `uid:gid` or names of the image's /etc/passwd */
  User?: string
  WorkingDir?: string
}

export interface ImageSource {
  /** Name of an image in the store that this one is built on */
  base?: string
  config?: ImageConfig
}

export interface Image {
  /** Repository and tag without the registry's host: a name on any host is looked for here */
  name: string
  digest: string
}

interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
}

interface Manifest {
  config: Descriptor
  layers: Descriptor[]
}

interface Config {
  config?: ImageConfig
  rootfs: { diff_ids: string[] }
}

/**
 * `ghcr.io/acme/shop:v2` → `acme/shop:v2`, `busybox` → `library/busybox:latest`: the host is the part before the first slash
 * if it holds a dot or a colon or is `localhost`, as in github.com/distribution/reference.
 */
export function storedName(reference: string): string {
  const [first = '', ...rest] = reference.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = isHost ? rest.join('/') : reference
  const repository = path.includes('/') || isHost ? path : `library/${path}`
  return /:[^/]+$/.test(repository) ? repository : `${repository}:latest`
}

/** Adds an image whose last layer is a folder's content, owned by root. Of two with one name the later one counts. */
export async function addImage(store: string, name: string, folder: string, source: ImageSource = {}): Promise<Image> {
  const base = source.base === undefined ? undefined : readImage(store, source.base)
  const layer = await addLayer(store, folder)
  const config = addJson(store, 'application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: mergeConfig(base?.config.config, source.config),
    rootfs: { type: 'layers', diff_ids: [...(base?.config.rootfs.diff_ids ?? []), layer.digest] },
  })
  const layers = [...(base?.manifest.layers ?? []), layer]
  const manifest = addJson(store, manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers })
  const stored = storedName(name)
  setIndex(store, [
    ...indexOf(store).filter((entry) => nameOf(entry) !== stored),
    { ...manifest, annotations: { [nameAnnotation]: stored } },
  ])
  return { name: stored, digest: manifest.digest }
}

function mergeConfig(base: ImageConfig = {}, own: ImageConfig = {}): ImageConfig {
  return { ...base, ...own, Env: [...(base.Env ?? []), ...(own.Env ?? [])] }
}

export function listImages(store: string): Image[] {
  return indexOf(store).map((entry) => ({ name: nameOf(entry), digest: entry.digest }))
}

/** Path and media type of a manifest by its tag or digest; undefined: there is no such image. */
export function findManifest(store: string, repository: string, reference: string): Descriptor | undefined {
  return indexOf(store).find((entry) =>
    reference.startsWith('sha256:')
      ? entry.digest === reference && nameOf(entry).startsWith(`${repository}:`)
      : nameOf(entry) === `${repository}:${reference}`,
  )
}

/** @param digest `sha256:` and 64 hexadecimal digits */
export function blobPath(store: string, digest: string): string {
  return join(store, 'blobs', digest.replace(':', '/'))
}

function readImage(store: string, name: string): { manifest: Manifest; config: Config } {
  const stored = storedName(name)
  const entry = indexOf(store).find((each) => nameOf(each) === stored)
  if (entry === undefined) throw new Error(`there is no image ${stored} to build on`)
  const manifest = readJson(blobPath(store, entry.digest)) as Manifest
  return { manifest, config: readJson(blobPath(store, manifest.config.digest)) as Config }
}

async function addLayer(store: string, folder: string): Promise<Descriptor> {
  mkdirSync(join(store, 'blobs/sha256'), { recursive: true })
  const file = join(store, `layer-${process.pid}-${performance.now()}.tar`)
  // The same content gives the same bytes, and so the same digest.
  const order = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  try {
    await execute('tar', [...order, '--directory', folder, '--create', '--file', file, '.'])
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    const digest = `sha256:${hash.digest('hex')}`
    const { size } = statSync(file)
    renameSync(file, blobPath(store, digest))
    return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size }
  } finally {
    rmSync(file, { force: true })
  }
}

function addJson(store: string, mediaType: string, value: unknown): Descriptor {
  const text = JSON.stringify(value)
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  writeFileSync(blobPath(store, digest), text)
  return { mediaType, digest, size: Buffer.byteLength(text) }
}

function nameOf({ annotations }: Descriptor): string {
  return annotations?.[nameAnnotation] ?? ''
}

function indexOf(store: string): Descriptor[] {
  try {
    return (readJson(join(store, 'index.json')) as { manifests: Descriptor[] }).manifests
  } catch {
    return []
  }
}

/** Renamed into place: the registry may read at any time. */
function setIndex(store: string, manifests: readonly Descriptor[]): void {
  const file = join(store, 'index.json')
  writeFileSync(`${file}.new`, JSON.stringify({ schemaVersion: 2, manifests }, undefined, 2))
  renameSync(`${file}.new`, file)
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
