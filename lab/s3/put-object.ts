import { createHash, createHmac } from 'node:crypto'

/** Stores an object by one signed request (AWS Signature Version 4), for tests that need nothing else of a client. */
export async function putObject(
  server: { endpoint: string; accessKey: string; secretKey: string },
  bucket: string,
  key: string,
  body: string,
): Promise<void> {
  const url = new URL(`/${bucket}/${key}`, server.endpoint)
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const headers = { host: url.host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const request = ['PUT', url.pathname, '', lines.join(''), names, sha256(body)].join('\n')
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`
  const signature = hmac(signingKey(server.secretKey, scope), `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(request)}`)
  const authorization = `AWS4-HMAC-SHA256 Credential=${server.accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`
  const reply = await fetch(url, { method: 'PUT', body, headers: { ...headers, authorization } })
  if (!reply.ok) throw new Error(`PUT ${key}: HTTP ${reply.status} ${await reply.text()}`)
}

function signingKey(secretKey: string, scope: string): Buffer {
  return scope.split('/').reduce((key: Buffer | string, part) => hmac(key, part), `AWS4${secretKey}`) as Buffer
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
