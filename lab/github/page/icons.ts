import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Element } from 'hast'
import type { Html } from './html.ts'
import { element } from './tree.ts'

const { resolve } = createRequire(import.meta.url)
const read = new Map<string, string>()

function svgOf(name: string): string {
  const svg = read.get(name) ?? readFileSync(resolve(`@primer/octicons/build/svg/${name}-16.svg`), 'utf8')
  read.set(name, svg)
  return svg
}

/** One of GitHub's own icons by its name, `git-merge`, 16 pixels wide, in the colour of the text. */
export function icon(name: string): Html {
  return { markup: svgOf(name).replace('<svg ', '<svg class="icon" fill="currentColor" aria-hidden="true" ') }
}

/** The same as an element of a tree. */
export function iconElement(name: string): Element {
  const paths = [...svgOf(name).matchAll(/ d="([^"]+)"/g)].map(([, d = '']) => element('path', { d }))
  return element(
    'svg',
    { className: ['octicon'], viewBox: '0 0 16 16', width: 16, height: 16, ariaHidden: 'true' },
    paths,
  )
}
