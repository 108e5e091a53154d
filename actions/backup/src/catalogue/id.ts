import { randomBytes } from 'node:crypto'

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{6}$/

/** `20261125T021700Z-5f3a9c`: the time to the second in UTC, and 24 random bits. As text, ids are in the order of their times. */
export function newId(time: Date, random: Uint8Array = randomBytes(3)): string {
  return `${compactTime(time)}-${Buffer.from(random).toString('hex').slice(0, 6)}`
}

/** The id's time; `undefined` for a text that is no id. */
export function timeOfId(id: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = ID.exec(id) ?? []
  if (year === undefined) return undefined
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // 31 April would silently be 1 May.
  return !Number.isNaN(time.getTime()) && compactTime(time) === id.slice(0, 16) ? time : undefined
}

export function isId(text: string): boolean {
  return timeOfId(text) !== undefined
}

/** `20261125T021700Z` */
export function compactTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
