// What is done to a text after the sanitiser: these rework elements that are harmless already, and read no HTML.
import type { Element, Root } from 'hast'
import { element, elementsOf, fencedCode, text, textOf } from './tree.ts'

/** Which lines of a diff get which colour: the classes that GitHub's own highlighter writes. */
const LINE_CLASSES: Readonly<Record<string, string>> = {
  '+': 'pl-mi1',
  '-': 'pl-md',
  '!': 'pl-mc',
  '@': 'pl-mdr',
  '#': 'pl-c',
}

function colouredLine(line: string): Element['children'][number] {
  const className = LINE_CLASSES[line.charAt(0)]
  return className === undefined ? text(line) : element('span', { className: [className] }, [text(line)])
}

/** Colours the fences of language `diff` line by line. */
export function colourDiffs() {
  return (tree: Root): void => {
    for (const pre of elementsOf(tree)) {
      const code = fencedCode(pre, 'diff')
      if (code === null) continue
      code.children = textOf(code)
        .split(/(?<=\n)/)
        .flatMap((line) => [colouredLine(line.replace(/\n$/, '')), text(line.endsWith('\n') ? '\n' : '')])
    }
  }
}

/** Marks the fences of language `mermaid` for the page's script, which draws them; without it their source stays. */
export function markDiagrams() {
  return (tree: Root): void => {
    for (const pre of elementsOf(tree)) {
      if (fencedCode(pre, 'mermaid') !== null) pre.properties = { className: ['diagram'] }
    }
  }
}

/** Takes the place of an image: GitHub fetches images through a proxy of its own, and this page fetches none. */
function linkOfImage({ properties: { src, alt } }: Element): Element {
  const name = typeof alt === 'string' && alt !== '' ? alt : 'image'
  return element('a', { className: ['outside-image'], ...(typeof src === 'string' && { href: src }) }, [text(name)])
}

/** Makes links of images, and keeps what they lead to from learning where they stood. */
export function shutOutside() {
  return (tree: Root): void => {
    for (const found of elementsOf(tree)) {
      if (found.tagName === 'img') Object.assign(found, linkOfImage(found))
      if (found.tagName === 'source') Object.assign(found, element('span', {}))
      if (found.tagName === 'a') found.properties['rel'] = ['nofollow', 'noopener', 'noreferrer']
    }
  }
}
