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
  const names = await sensitiveVariables(settings.directory)
  if (names.size === 0) return []
  const given = Object.entries(settings.variables).flatMap(([name, value]) => (names.has(name) ? leaves(value) : []))
  const exported = [...names].flatMap((name) => literalsOf(env[`TF_VAR_${name}`] ?? ''))
  const files = [...settings.varFiles, ...(await autoVarFiles(settings.directory))]
  const inFiles = await Promise.all(files.map((file) => varFileSecrets(resolve(settings.directory, file), names)))
  return [...given, ...exported, ...inFiles.flat()]
}

async function sensitiveVariables(directory: string): Promise<Set<string>> {
  const names = new Set<string>()
  for (const file of await filesIn(directory, /\.(tf|tofu)$/)) {
    for (const [, name = '', body = ''] of (await readFile(file, 'utf8')).matchAll(
      /^variable\s+"([^"]+)"\s*\{([\s\S]*?)^\}/gm,
    )) {
      if (/^\s*sensitive\s*=\s*true/m.test(body)) names.add(name)
    }
  }
  return names
}

async function autoVarFiles(directory: string): Promise<string[]> {
  return filesIn(directory, /(^terraform\.tfvars(\.json)?|\.auto\.tfvars(\.json)?)$/)
}

async function filesIn(directory: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && name.test(entry.name)).map((entry) => join(directory, entry.name))
}

async function varFileSecrets(file: string, names: ReadonlySet<string>): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (file.endsWith('.json')) return jsonSecrets(text, names)
  // A variable's assignment reaches to the next line that starts with another one.
  return text.split(/^(?=\s*[\w-]+\s*=)/m).flatMap((assignment) => {
    const [, name = '', value = ''] = /^\s*([\w-]+)\s*=([\s\S]*)$/.exec(assignment) ?? []
    return names.has(name) ? literalsOf(value) : []
  })
}

function jsonSecrets(text: string, names: ReadonlySet<string>): string[] {
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>).flatMap(([name, value]) =>
      names.has(name) ? leaves(value) : [],
    )
  } catch {
    return []
  }
}

/** Every quoted text in a value's source; the whole source, when there is none (TF_VAR_x=secret, a number, a heredoc). */
function literalsOf(source: string): string[] {
  const quoted = [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text)
  const lines = source.split('\n').map((line) => line.trim())
  return quoted.length > 0 ? [...quoted, source.trim()] : [source.trim(), ...lines]
}

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined ? [] : [String(value)]
  return Object.values(value).flatMap(leaves)
}
