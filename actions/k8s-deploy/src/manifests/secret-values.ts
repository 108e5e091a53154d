import { isSecretName } from '../../../../lib/process/environment.ts'
import type { KubeObject } from '../kube/objects.ts'

/**
 * Every text by which a Secret's values may be told, for a redactor. Whatever the shape: a map where text must be, as of a forgotten
 * `|`, is quoted by the API's error. And the parts of a value that is a file: a program prints the password of its configuration,
 * not the configuration.
 */
export function secretValues(secret: KubeObject): string[] {
  const encoded = leaves(secret['data']).map(({ value }) => value)
  const plain = leaves(secret['stringData']).map(({ value }) => value)
  const texts = [...plain, ...encoded.map((text) => Buffer.from(text, 'base64').toString())]
  return [...new Set([...encoded, ...texts, ...texts.flatMap(partsOf)])]
}

interface Part {
  name: string
  value: string
}

function leaves(value: unknown, name = ''): Part[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') return [{ name, value: String(value) }]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, key))
}

/** As JSON has them; as a line of an .env, .ini, .properties or YAML file has them; and passwords of addresses. */
function partsOf(text: string): string[] {
  const parts = [...jsonLeaves(text), ...text.split('\n').flatMap(assigned)].filter(isTelling)
  return [...parts.map(({ value }) => value), ...passwords(text)]
}

function jsonLeaves(text: string): Part[] {
  if (!/^\s*[[{"]/.test(text)) return []
  try {
    return leaves(JSON.parse(text))
  } catch {
    return []
  }
}

/** Behind the first `=`, and behind the first `:` and a space, which YAML asks for. */
function assigned(line: string): Part[] {
  return [/^(.*?)=(.*)/, /^(.*?):\s(.*)/].flatMap((assignment) => {
    const [, name, value] = assignment.exec(line) ?? []
    if (name === undefined || value === undefined) return []
    return unquoted(value.trim()).map((one) => ({ name: name.trim(), value: one }))
  })
}

function unquoted(value: string): string[] {
  const inner = /^(["'])(.*)\1[,;]?$/.exec(value)?.[2]
  return inner === undefined ? [value] : [value, inner]
}

function passwords(text: string): string[] {
  return [...text.matchAll(/:\/\/[^\s:@/]*:([^\s@/]+)@/g)].flatMap(([, password = '']) => [password, decoded(password)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A plain word counts only where its name says so: to hide `production` or `warning` everywhere would wreck the report. */
function isTelling({ name, value }: Part): boolean {
  return isSecretName(name) || !/^[A-Za-z-]*$/.test(value)
}
