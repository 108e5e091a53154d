import { type S3Access, signedRequest } from './signed-request.ts'

/** Stores an object by one signed request. */
export async function putObject(server: S3Access, bucket: string, key: string, body: string): Promise<void> {
  await signedRequest(server, { method: 'PUT', path: `/${bucket}/${key}`, body })
}
