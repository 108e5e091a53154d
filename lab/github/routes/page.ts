import type { Call, Reply } from './route.ts'

const DEFAULT_SIZE = 30
const MAX_SIZE = 100

interface Page<T> {
  items: T[]
  headers: Record<string, string>
}

/** GitHub clamps sizes instead of refusing them. */
export function pageSize({ query }: Call): number {
  const size = Number(query.get('per_page') ?? DEFAULT_SIZE)
  return Math.min(MAX_SIZE, Math.max(1, size))
}

function pageLink(url: URL, values: Record<string, string>, relation: string): string {
  const link = new URL(url)
  for (const [name, value] of Object.entries(values)) link.searchParams.set(name, value)
  return `<${link.href}>; rel="${relation}"`
}

/** The `link` header of a numbered list; without another page there is none. */
function numberedLinks(url: URL, page: number, last: number): Record<string, string> {
  const relations: [string, number][] = []
  if (page > 1) relations.push(['prev', page - 1])
  if (page < last) relations.push(['next', page + 1], ['last', last])
  if (page > 1) relations.push(['first', 1])
  if (relations.length === 0) return {}
  return { link: relations.map(([relation, number]) => pageLink(url, { page: `${number}` }, relation)).join(', ') }
}

/** The part of `all` that the request's `page` and `per_page` ask for. */
export function pageOf<T>(call: Call, all: T[]): Page<T> {
  const size = pageSize(call)
  const page = Math.max(1, Number(call.query.get('page') ?? 1))
  const last = Math.max(1, Math.ceil(all.length / size))
  return { items: all.slice((page - 1) * size, page * size), headers: numberedLinks(call.url, page, last) }
}

/** Answers one page of a list. */
export function listReply<T>(call: Call, all: T[], view: (item: T) => unknown): Reply {
  const { items, headers } = pageOf(call, all)
  return { status: 200, body: items.map(view), headers }
}

/** Answers one page of a list under `key`, with the total beside it. */
export function countedReply<T>(call: Call, key: string, all: T[], view: (item: T) => unknown): Reply {
  const { items, headers } = pageOf(call, all)
  return { status: 200, body: { total_count: all.length, [key]: items.map(view) }, headers }
}

/** Answers a list that is walked by the id of its last item (`after`) instead of by page numbers. */
export function cursorReply<T extends { id: number }>(call: Call, all: T[], view: (item: T) => unknown): Reply {
  const after = call.query.get('after')
  const start = after === null ? 0 : all.findIndex(({ id }) => `${id}` === after) + 1
  const items = all.slice(start, start + pageSize(call))
  const last = items.at(-1)
  const more = last !== undefined && last !== all.at(-1)
  const headers = more ? { link: pageLink(call.url, { after: `${last.id}` }, 'next') } : {}
  return { status: 200, body: items.map(view), ...(more ? { headers } : {}) }
}
