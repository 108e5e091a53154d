import { equalInConstantTime } from '../crypto/fingerprint.ts'

/**
 * A hidden first line that says what a comment is, so that a later run can find and edit it. The fields are base64url,
 * because nothing in them may end the HTML comment early. `sign` covers kind and fields; without a key a marker is only
 * as good as its comment's author.
 */
export interface Marker {
  kind: string
  fields: Readonly<Record<string, string>>
}

export type Signer = (text: string) => string

const MARKER = /^<!-- ondol:([a-z0-9-]+) ([\w-]+) ([0-9a-f]{64}|unsigned) -->$/

export function writeMarker(marker: Marker, sign: Signer | undefined): string {
  const fields = encode(marker.fields)
  return `<!-- ondol:${marker.kind} ${fields} ${sign ? sign(signedText(marker.kind, fields)) : 'unsigned'} -->`
}

/**
 * The marker on the first line of a comment; `undefined` when there is none, or when `sign` makes another signature. Without
 * a key a signed marker is none either: it is that of runs which have one, and not to be overwritten by one that hasn't.
 */
export function readMarker(body: string, sign: Signer | undefined): Marker | undefined {
  const [, kind, fields, signature] = MARKER.exec(body.split('\n', 1)[0]?.trimEnd() ?? '') ?? []
  if (kind === undefined || fields === undefined || signature === undefined) return undefined
  const isGood = sign ? equalInConstantTime(signature, sign(signedText(kind, fields))) : signature === 'unsigned'
  if (!isGood) return undefined
  return decode(kind, fields)
}

function signedText(kind: string, fields: string): string {
  return `${kind} ${fields}`
}

function encode(fields: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url')
}

function decode(kind: string, encoded: string): Marker | undefined {
  try {
    const fields: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    const flat =
      typeof fields === 'object' && fields !== null && Object.values(fields).every((value) => typeof value === 'string')
    return flat ? { kind, fields: fields as Record<string, string> } : undefined
  } catch {
    return undefined
  }
}
