import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import type { HttpReply } from '../http.ts'
import { icon } from './icons.ts'

const { resolve } = createRequire(import.meta.url)
const PREFIX = '/assets/'
const STYLES: readonly string[] = readdirSync(join(import.meta.dirname, 'styles'))
const MERMAID = /^mermaid\/(mermaid\.esm\.min\.mjs|chunks\/mermaid\.esm\.min\/[\w-]+\.mjs)$/
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

function contentOf(name: string): Buffer | null {
  if (name === 'icon.svg') return Buffer.from(icon('mark-github').markup)
  if (name === 'page.js') return readFileSync(join(import.meta.dirname, name))
  if (STYLES.includes(name)) return readFileSync(join(import.meta.dirname, 'styles', name))
  if (name === 'github-markdown.css') return readFileSync(resolve('github-markdown-css/github-markdown.css'))
  const [, file] = MERMAID.exec(name) ?? []
  return file === undefined ? null : readFileSync(resolve(`mermaid/dist/${file}`))
}

/** The pages' own styles and scripts, all from this checkout; null for any other path. */
export function answerAsset(path: string): HttpReply | null {
  if (!path.startsWith(PREFIX)) return null
  const content = contentOf(path.slice(PREFIX.length))
  if (content === null) return null
  const type = TYPES[extname(path)] ?? 'application/octet-stream'
  return { status: 200, headers: { 'content-type': type, 'x-content-type-options': 'nosniff' }, content }
}
