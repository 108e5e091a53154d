// Reads what the API or an operator says without trusting its shape: what isn't as asked is absent.

/** The value at a path of own fields; `undefined` where the path ends. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value
  for (const field of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, field)) return undefined
    here = (here as Record<string, unknown>)[field]
  }
  return here
}

/** A text that isn't empty. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : undefined
}

/** A number that counts objects: the API leaves out zeros. */
export function countAt(value: unknown, ...path: readonly string[]): number {
  return numberAt(value, ...path) ?? 0
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** A time as the API writes it (RFC 3339, whole seconds for most fields). */
export function momentAt(value: unknown, ...path: readonly string[]): Date | undefined {
  const moment = new Date(textAt(value, ...path) ?? Number.NaN)
  return Number.isNaN(moment.getTime()) ? undefined : moment
}

export function later(one: Date, other: Date): Date {
  return one > other ? one : other
}

/** The API cuts its times to seconds: what it dates with a moment's own second may have come after that moment. */
export function isSince(time: Date | undefined, moment: Date): boolean {
  return time !== undefined && time.getTime() >= Math.floor(moment.getTime() / 1000) * 1000
}
