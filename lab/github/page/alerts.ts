import type { Element, Root } from 'hast'
import { iconElement } from './icons.ts'
import { element, elementsOf, text } from './tree.ts'

const ICONS: Readonly<Record<string, string>> = {
  note: 'info',
  tip: 'light-bulb',
  important: 'report',
  warning: 'alert',
  caution: 'stop',
}
const MARK = /^\[!(note|tip|important|warning|caution)\]\s*$/i

/** What follows the mark's own line in its paragraph, or null where more stands on that line. */
function afterMark([mark, ...rest]: Element['children']): { kind: string; rest: Element['children'] } | null {
  const [, kind] = mark?.type === 'text' ? (MARK.exec(mark.value) ?? []) : []
  const [next, ...others] = rest
  if (kind === undefined || (next !== undefined && !(next.type === 'element' && next.tagName === 'br'))) return null
  return { kind: kind.toLowerCase(), rest: others }
}

function alertOf({ children }: Element): Element | null {
  const at = children.findIndex(({ type }) => type === 'element')
  const first = children[at]
  const found = first?.type === 'element' && first.tagName === 'p' ? afterMark(first.children) : null
  if (found === null) return null
  const { kind, rest } = found
  const word = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  const title = element('p', { className: ['markdown-alert-title'] }, [iconElement(ICONS[kind] ?? ''), text(word)])
  const opening = rest.length === 0 ? [] : [element('p', {}, rest)]
  const className = ['markdown-alert', `markdown-alert-${kind}`]
  return element('div', { className }, [title, ...opening, ...children.slice(at + 1)])
}

/** Makes alerts of block quotes that begin with a line `[!NOTE]` or the like. */
export function makeAlerts() {
  return (tree: Root): void => {
    for (const quote of elementsOf(tree)) {
      const alert = quote.tagName === 'blockquote' ? alertOf(quote) : null
      if (alert !== null) Object.assign(quote, alert)
    }
  }
}
