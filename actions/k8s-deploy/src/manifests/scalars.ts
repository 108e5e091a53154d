/**
 * Plain scalars as kubectl reads them: sigs.k8s.io/yaml, which is go-yaml 2. It is YAML 1.1 (`yes`, `0644`) without its dates
 * and base-60 numbers, with Go's number literals beside it (`0o644`). Every rule here was read from kubectl 1.34's own output
 * (fixtures/kubectl).
 */
const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...spellings('y', 'yes', 'true', 'on').map((word) => [word, true] as const),
  ...spellings('n', 'no', 'false', 'off').map((word) => [word, false] as const),
])

function spellings(...words: string[]): string[] {
  return words.flatMap((word) => [word, `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`, word.toUpperCase()])
}

const NUMBER_START = /^[-+.\d]/
const INTEGER = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

export type Scalar = string | number | bigint | boolean | null

/** Throws RangeError for infinity and NaN, which JSON doesn't have. */
export function plainScalar(text: string): Scalar {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (!NUMBER_START.test(text)) return text
  if (NOT_FINITE.test(text)) throw new RangeError(`${text} is no number that JSON can hold`)
  const digits = text.replaceAll('_', '')
  return integer(digits) ?? float(digits) ?? text
}

const MIN_INTEGER = -(2n ** 63n)
const MAX_INTEGER = 2n ** 64n - 1n

function integer(text: string): bigint | undefined {
  const [, sign, hex, binary, octal, decimal] = INTEGER.exec(text) ?? []
  if (sign === undefined) return undefined
  const magnitude = BigInt(prefixed('0x', hex) ?? prefixed('0b', binary) ?? prefixed('0o', octal) ?? decimal ?? '0')
  const value = sign === '-' ? -magnitude : magnitude
  return value >= MIN_INTEGER && value <= MAX_INTEGER ? value : undefined
}

function prefixed(prefix: string, digits: string | undefined): string | undefined {
  return digits === undefined ? undefined : prefix + digits
}

function float(text: string): number | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

const MAX_INT64 = 2n ** 63n - 1n

/** An integer as the API has it: 64 bits with all digits (as raw JSON where a double would lose some), a double beyond. */
export function jsonInteger(value: bigint): unknown {
  const double = Number(value)
  return Number.isSafeInteger(double) || value > MAX_INT64 || value < MIN_INTEGER ? double : rawJson(String(value))
}

/** ECMAScript's "JSON.parse source text access": JSON.stringify writes it as it stands. In Node since 21. */
export function rawJson(number: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(number)
}

/** The text that a key becomes; `undefined` for a key that kubectl refuses. */
export function keyText(key: Scalar): string | undefined {
  if (key === null || (typeof key === 'bigint' && key > MAX_INT64)) return undefined
  return typeof key === 'number' ? goFloat32(key) : String(key)
}

/** Go's `strconv.FormatFloat(value, 'g', -1, 32)`, by which sigs.k8s.io/yaml writes keys that are floats. */
function goFloat32(value: number): string | undefined {
  const rounded = Math.fround(value)
  const shortest = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    .map((digits) => rounded.toExponential(digits))
    .find((text) => Math.fround(Number(text)) === rounded)
  if (shortest === undefined || !Number.isFinite(rounded)) return undefined
  const [digits = '', exponent = ''] = shortest.split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(Number(shortest))
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
