/** HTML that can go into a page as it is: a template of our own, or foreign text after the sanitiser. */
export interface Html {
  readonly markup: string
}

/** What a template may hold: text is escaped, HTML is not, lists are joined, null is nothing. */
export type Part = Html | string | number | null | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function markupOf(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') {
    return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
  }
  return 'markup' in part ? part.markup : part.map(markupOf).join('')
}

/** A template whose values can't break out of their place. Attributes that take a value must be quoted. */
export function html(texts: TemplateStringsArray, ...values: Part[]): Html {
  return { markup: String.raw({ raw: texts }, ...values.map(markupOf)) }
}
