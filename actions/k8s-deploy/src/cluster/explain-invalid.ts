import type { StatusCause } from './api-error.ts'
import type { Explain } from './explanation.ts'

/** How the API's validation says that a field keeps its value: it has no reason of its own for it. */
const IMMUTABLE =
  /immutable|may not change|may not be changed|cannot be changed|cannot change|can ?not be unset|updates to .* are forbidden|updates may not/

const MOST_FIELDS = 3

/** Values stand between the rule's kind and its text; they are long (a whole pod template) and may be secret. */
const VALUE = /^(?:Invalid|Unsupported|Duplicate) value: .*(?:\}|\]|"|\d|true|false|null): (?=[^:]*$|\S)/s

export const explainConflict: Explain = ({ status, causes, message }, subject) => {
  if (status !== 409) return undefined
  const contested = causes.filter(({ reason }) => reason === 'FieldManagerConflict')
  if (contested.length > 0) {
    const managers = [...new Set(contested.map(({ message: said = '' }) => /conflict with "([^"]*)"/.exec(said)?.[1]))]
    return {
      reason: 'conflict',
      message: `${subject}: ${fieldsOf(contested)} belong${contested.length === 1 ? 's' : ''} to another manager: ${quoted(managers)}`,
      remedy: 'Remove it from the manifest, or set the input force-conflicts to true to take it over.',
    }
  }
  return {
    reason: 'conflict',
    message: `${subject}: somebody else changed it at the same time: ${message}`,
    remedy: 'Run the step again.',
  }
}

interface Misfit {
  field: string
  problem: string
  given: string | undefined
}

/** Server-side apply answers 500 without a reason to what doesn't fit the schema. */
export const explainWrongType: Explain = ({ message }, subject) => {
  const said = /failed to create typed patch object \([^)]*\): (.*)/s.exec(message)?.[1]
  if (said === undefined) return undefined
  const misfits = said.split('\n').flatMap(readMisfit)
  const [first] = misfits
  if (first?.problem.startsWith('field not declared')) {
    return {
      reason: 'invalid-manifest',
      message: `${subject} has the field \`${first.field}\`, which its kind doesn't know`,
      remedy: 'Is it misspelt, or in the wrong place?',
    }
  }
  return {
    reason: 'invalid-manifest',
    message: `${subject} doesn't fit its schema: ${listed(misfits.map(describeMisfit), '; ')}`,
    remedy: first?.problem === 'expected string' ? remedyOfText(first) : 'Correct the field.',
  }
}

/** `.stringData.config: expected string, got …`: of what it got only the type may be told, since it may be a Secret's value. */
function readMisfit(line: string): Misfit[] {
  const misfit = /^ *\.?(.+?): ((?:expected|field not declared|duplicate|element|invalid)\b.*?)(?:, got (.*))?$/.exec(
    line,
  )
  const [, field = '', problem = '', given] = misfit ?? []
  return misfit === null ? [] : [{ field, problem, given: typeOf(given) }]
}

/** From Go's notation of a value. */
function typeOf(given = ''): string | undefined {
  const value = /^&value\.valueUnstructured\{Value:(.*)/.exec(given)?.[1]
  if (value === undefined) return given === 'string' ? 'string' : undefined
  if (value.startsWith('map[')) return 'map'
  if (value.startsWith('[]')) return 'list'
  return value === 'true}' || value === 'false}' ? 'boolean' : 'number'
}

function describeMisfit({ field, problem, given }: Misfit): string {
  return `${field}: ${problem}${given === undefined ? '' : `, got a ${given}`}`
}

function remedyOfText({ given }: Misfit): string {
  return given === 'map' || given === 'list' ? 'Is a `|` missing before the text?' : 'Put it in quotes.'
}

/** Also this is a 500 without a reason. */
export const explainUnreadable: Explain = ({ message }, subject) => {
  const said = /unable to convert unstructured object to [^:]*: (?:error decoding from json: )?(.*)/s.exec(message)?.[1]
  if (said === undefined) return undefined
  return {
    reason: 'invalid-manifest',
    message: `${subject} can't be read by the API: ${said}`,
    remedy: said.startsWith('illegal base64')
      ? 'Values of `data` are base64; plain text belongs into `stringData`.'
      : 'Correct the field.',
  }
}

export const explainInvalid: Explain = ({ status, causes, message }, subject) => {
  if (status !== 400 && status !== 422 && status !== 405 && status !== 413 && status !== 415) return undefined
  const fixed = causes.filter(({ message: said = '' }) => IMMUTABLE.test(said))
  if (fixed.length > 0) {
    return {
      reason: 'immutable-field',
      message: `${subject}: ${fieldsOf(fixed)} can't be changed once it exists${whyFixed(fixed)}`,
      remedy: 'Put the old value back, give the object another name, or delete it first.',
    }
  }
  return {
    reason: 'invalid-manifest',
    message: `${subject} is not valid: ${causes.length > 0 ? problemsOf(causes) : message}`,
  }
}

/** A StatefulSet names only `spec`, and what of it may change. */
function whyFixed(causes: readonly StatusCause[]): string {
  const said = causes.find(({ reason }) => reason === 'FieldValueForbidden')?.message
  return said === undefined ? '' : ` (${said.replace(/^Forbidden: /, '')})`
}

function problemsOf(causes: readonly StatusCause[]): string {
  const said = causes.map(({ field, message = '' }) => `${field ? `\`${field}\`: ` : ''}${withoutValue(message)}`)
  return listed(said, '; ')
}

function fieldsOf(causes: readonly StatusCause[]): string {
  return listed([...new Set(causes.map(({ field = '' }) => `\`${field.replace(/^\./, '')}\``))], ', ')
}

function listed(texts: readonly string[], separator: string): string {
  const rest = texts.length - MOST_FIELDS
  return texts.slice(0, MOST_FIELDS).join(separator) + (rest > 0 ? `${separator}and ${rest} more` : '')
}

function quoted(names: readonly (string | undefined)[]): string {
  return names.map((name) => `\`${name ?? 'unknown'}\``).join(', ')
}

function withoutValue(message: string): string {
  return message.replace(VALUE, '')
}
