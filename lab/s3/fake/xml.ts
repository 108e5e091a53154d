/** What an element holds: text, elements by name, or several elements of one name. */
export type Content = string | number | boolean | undefined | Elements | readonly Elements[]
export interface Elements {
  [name: string]: Content
}

/** A document with one root; `undefined` is left out. */
export function toXml(root: string, content: Elements): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`
}

function element(name: string, content: Content): string {
  if (content === undefined) return ''
  if (Array.isArray(content)) return content.map((one) => element(name, one)).join('')
  if (typeof content !== 'object') return `<${name}>${escapeText(String(content))}</${name}>`
  const inner = Object.entries(content).map(([child, value]) => element(child, value))
  return `<${name}>${inner.join('')}</${name}>`
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The text of each element of that name, whatever is around it. Enough for the few documents that clients send. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(([, text = '']) =>
    plainText(text),
  )
}

export function textOf(xml: string, name: string): string | undefined {
  return textsOf(xml, name)[0]
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function plainText(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
    code === undefined ? (NAMED[name] ?? whole) : String.fromCodePoint(Number(code)),
  )
}
