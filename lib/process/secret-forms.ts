import { MIN_NEEDLE_LENGTH } from './needles.ts'

/** Hiding a shorter line of a multi-line secret (`}`, `EOF`) would wreck the text. */
const MIN_LINE_LENGTH = 8

/** Encoded forms shorter than this meet other text by chance. */
const MIN_ENCODED_LENGTH = 8

/** Written the same in JSON, Go's JSON and every part of a URL. */
const PLAIN = /^[\w.-]*$/

/** Words that programs print of themselves; words under six letters are left out by their length. */
const PLAIN_WORDS = new Set(['default', 'disabled', 'enabled', 'localhost', 'undefined', '127.0.0.1'])

/**
 * The strings by which a text may show a secret: the value without white space around it, each line of it (≥ 8
 * characters), and of both the escaped forms of JSON and URLs and the base64 and hex forms. Base64 is found wherever in the
 * encoded bytes the secret stands, but not across the line ends of wrapped base64.
 */
export function formsOf(secret: string): string[] {
  const value = secret.trim()
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  const raw = [value, ...lines.filter((line) => line.length >= MIN_LINE_LENGTH)].filter(isWorthHiding)
  const encoded = raw.flatMap(encodings).filter((form) => form.length >= MIN_ENCODED_LENGTH)
  return [...new Set([...raw, ...raw.flatMap(escapes), ...encoded])]
}

function isWorthHiding(value: string): boolean {
  return value.length >= MIN_NEEDLE_LENGTH && !PLAIN_WORDS.has(value.toLowerCase())
}

function escapes(value: string): string[] {
  if (PLAIN.test(value)) return []
  const json = JSON.stringify(value).slice(1, -1)
  return [json, goJson(json), ...percentEncoded(value.toWellFormed())]
}

/** Go's encoding/json, which terraform and kubectl use, also escapes what HTML would interpret. */
function goJson(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** As in a path, a query or a form; each with digits in capitals (RFC 3986) and in small letters. */
function percentEncoded(value: string): string[] {
  const loose = encodeURIComponent(value)
  const strict = loose.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const forms = new Set([encodeURI(value), loose, strict, strict.replaceAll('%20', '+')])
  return [...forms].flatMap((form) => [form, form.replace(/%(?:[A-F].|.[A-F])/g, (byte) => byte.toLowerCase())])
}

function encodings(value: string): string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const base64 = [0, 1, 2].map((offset) => base64Inside(bytes, offset))
  return [hex, hex.toUpperCase(), ...base64, ...base64.map(urlSafe)]
}

/**
 * The base64 digits that depend on nothing but `bytes` when those stand `offset` bytes (modulo 3) behind the start of what
 * is encoded: a digit holds 6 bits, so digits shared with a neighbouring byte are left out.
 */
function base64Inside(bytes: Buffer, offset: number): string {
  const digits = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  return digits.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

function urlSafe(base64: string): string {
  if (!/[+/]/.test(base64)) return base64
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}
