import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { Bucket } from '../../../../lab/s3/fake/index.ts'
import { type S3Access, signedRequest } from '../../../../lab/s3/signed-request.ts'
import { contentOf } from './bare-shell.ts'
import { openScene, type Scene, type Step } from './scene.ts'

export const MIB = 2 ** 20

/** A scene that backs up to the bucket `acme` of a server, with the credentials of its root or of another user. */
export function openS3Scene(
  server: S3Access,
  inputs: Record<string, string> = {},
  user: Pick<S3Access, 'accessKey' | 'secretKey'> = server,
): Promise<Scene> {
  return openScene(
    { bucket: 'acme', endpoint: server.endpoint, region: 'us-east-1', 'part-size': '5MiB', ...inputs },
    { AWS_ACCESS_KEY_ID: user.accessKey, AWS_SECRET_ACCESS_KEY: user.secretKey },
  )
}

/** A folder with files that can't be compressed. */
export function makeTree(folder: string, files: Record<string, number>): string {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), randomBytes(bytes))
  }
  return folder
}

/** The step, which went well: else its log is what the test shows. */
export function succeeded(step: Step): Step {
  expect(step.conclusion === 'success' ? [] : step.log).toEqual([])
  return step
}

export function idOf({ outputs }: Step): string {
  return outputs['backup-id'] ?? ''
}

/** Everything below the folder `source` as a backup gives it back. */
export async function restored(
  scene: Scene,
  id: string,
  source: string,
  inputs: Record<string, string> = {},
): Promise<string> {
  const target = join(scene.folder, `restored-${randomBytes(4).toString('hex')}`)
  succeeded(await scene.mode('restore', { 'backup-id': id, 'restore-to': target, ...inputs }))
  return contentOf(join(target, source))
}

/** Ids of the backups that a bucket of the stand-in holds, oldest first. */
export function backupsIn(bucket: Bucket): string[] {
  return keysIn(bucket).flatMap((key) => /([^/]+)\/manifest\.json$/.exec(key)?.[1] ?? [])
}

/** Of objects that can be read, in order. */
export function keysIn(bucket: Bucket): string[] {
  return [...bucket.versions].flatMap(([key, [newest]]) => (newest?.kind === 'object' ? [key] : [])).sort()
}

/** What a server lists of a bucket. */
export async function listed(server: S3Access, bucket: string): Promise<{ key: string; etag: string }[]> {
  const xml = await signedRequest(server, { method: 'GET', path: `/${bucket}`, query: 'list-type=2' })
  return xml.split('<Contents>').flatMap((text) => {
    const [key, etag] = [/<Key>(.*?)<\/Key>/, /<ETag>(.*?)<\/ETag>/].map((form) => form.exec(text)?.[1])
    return key === undefined || etag === undefined ? [] : [{ key, etag }]
  })
}
