import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Environment } from '../../../lib/action/inputs.ts'
import type { TerraformSettings } from './terraform/settings.ts'

/**
 * Values of variables that the configuration declares as sensitive, read from where a user gives them: the `variables`
 * input, TF_VAR_*, var-files. Terraform hides these itself, but a provider that got one may quote it in an error, and
 * that error can come before there is a plan whose marks would tell.
 *
 * Configuration is scanned, not parsed; values that an expression makes are found later, in the plan.
 */
export async function configurationSecrets(settings: TerraformSettings, env: Environment): Promise<string[]> {
  // OpenTofu's configuration of state encryption, with passphrases in it.
  const encryption = quotedTexts(env['TF_ENCRYPTION'] ?? '')
  const variables = await sensitiveVariables(settings.directory)
  if (variables.size === 0) return encryption
  const names = new Set(variables.keys())
  const given = Object.entries(settings.variables).flatMap(([name, value]) => (names.has(name) ? leaves(value) : []))
  const exported = [...names].flatMap((name) => literalsOf(env[`TF_VAR_${name}`] ?? ''))
  const files = [...settings.varFiles, ...(await autoVarFiles(settings.directory))]
  const inFiles = await Promise.all(files.map((file) => varFileSecrets(resolve(settings.directory, file), names)))
  return [...encryption, ...[...variables.values()].flat(), ...given, ...exported, ...inFiles.flat()]
}

/** Names of sensitive variables, with the literals of their defaults. */
async function sensitiveVariables(directory: string): Promise<Map<string, string[]>> {
  const variables = new Map<string, string[]>()
  for (const file of await filesIn(directory, /\.(tf|tofu)(\.json)?$/)) {
    const text = await readFile(file, 'utf8').catch(() => '')
    const declared = file.endsWith('.json') ? declaredInJson(text) : declaredIn(text)
    for (const [name, defaults] of declared) variables.set(name, defaults)
  }
  return variables
}

/** A block ends on its first line, or with a brace at the start of one. */
const VARIABLE = /^variable\s+"?([^"\s{]+)"?\s*\{(?:([^\n]*)\}[ \t]*(?:(?:#|\/\/).*)?$|([\s\S]*?)^\})/gm

type Declared = [name: string, defaults: string[]]

function declaredIn(text: string): Declared[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, name = '', line, lines = '']): Declared[] => {
    const body = line ?? lines
    return /^\s*sensitive\s*=\s*true/m.test(body) ? [[name, defaultsIn(body)]] : []
  })
}

/** In JSON a block may stand alone or in a list of blocks, at either level. */
function declaredInJson(text: string): Declared[] {
  const blocks = [parseJson(text)['variable'] ?? []].flat() as Record<string, unknown>[]
  const variables = blocks.flatMap((block) => Object.entries(block ?? {}))
  return variables.flatMap(([name, bodies]) => {
    const bodyList = [bodies].flat() as { sensitive?: unknown; default?: unknown }[]
    return bodyList.flatMap((body): Declared[] => (body?.sensitive === true ? [[name, leaves(body.default)]] : []))
  })
}

function defaultsIn(body: string): string[] {
  const [, value] = /^\s*default\s*=([\s\S]*)$/m.exec(body) ?? []
  return value === undefined ? [] : quotedTexts(value)
}

async function autoVarFiles(directory: string): Promise<string[]> {
  return filesIn(directory, /(^terraform\.tfvars(\.json)?|\.auto\.tfvars(\.json)?)$/)
}

async function filesIn(directory: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && name.test(entry.name))
    .map((entry) => join(directory, entry.name))
}

async function varFileSecrets(file: string, names: ReadonlySet<string>): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (file.endsWith('.json')) return jsonSecrets(text, names)
  let variable = ''
  let depth = 0
  return text.split(/^(?=[ \t]*[\w-]+[ \t]*=)/m).flatMap((assignment) => {
    const [, name = '', value = ''] = /^[ \t]*([\w-]+)[ \t]*=([\s\S]*)$/.exec(assignment) ?? []
    // Within brackets it is an attribute of the variable's value.
    if (depth <= 0) [variable, depth] = [name, 0]
    depth += bracketDepth(value)
    return names.has(variable) || names.has(name) ? literalsOf(value) : []
  })
}

/** How many brackets the source opens and doesn't close. */
function bracketDepth(source: string): number {
  const brackets = source.replace(/"(?:[^"\\]|\\.)*"|(?:#|\/\/).*/g, '')
  return (brackets.match(/[[{(]/g) ?? []).length - (brackets.match(/[\]})]/g) ?? []).length
}

function jsonSecrets(text: string, names: ReadonlySet<string>): string[] {
  return Object.entries(parseJson(text)).flatMap(([name, value]) => (names.has(name) ? leaves(value) : []))
}

/** Broken JSON is Terraform's to complain about. */
function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Every quoted text in a value's source; the whole source, when there is none (TF_VAR_x=secret, a number, a heredoc). */
function literalsOf(source: string): string[] {
  const quoted = quotedTexts(source)
  const lines = source.split('\n').map((line) => line.trim())
  return quoted.length > 0 ? [...quoted, source.trim()] : [source.trim(), ...lines]
}

/** The texts between quotes, with their escapes resolved where JSON has the same ones. */
function quotedTexts(source: string): string[] {
  return [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([quoted, text = '']) => {
    try {
      return String(JSON.parse(quoted))
    } catch {
      return text
    }
  })
}

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined ? [] : [String(value)]
  return Object.values(value).flatMap(leaves)
}
