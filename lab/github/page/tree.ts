import type { Element, Root, Text } from 'hast'

/** Every element of a tree, outer ones first. An element that a caller puts elsewhere keeps its own children. */
export function* elementsOf(parent: Root | Element): Generator<Element> {
  for (const child of parent.children) {
    if (child.type !== 'element') continue
    yield child
    yield* elementsOf(child)
  }
}

export function element(
  tagName: string,
  properties: Element['properties'],
  children: Element['children'] = [],
): Element {
  return { type: 'element', tagName, properties, children }
}

export function text(value: string): Text {
  return { type: 'text', value }
}

/** The text within an element. */
export function textOf(parent: Element): string {
  return parent.children
    .map((child) => (child.type === 'text' ? child.value : child.type === 'element' ? textOf(child) : ''))
    .join('')
}

/** The code of a fence in that language, or null where `pre` holds no such fence. */
export function fencedCode(pre: Element, language: string): Element | null {
  const [code] = pre.children
  if (pre.tagName !== 'pre' || code?.type !== 'element' || code.tagName !== 'code') return null
  const { className } = code.properties
  return Array.isArray(className) && className.includes(`language-${language}`) ? code : null
}
