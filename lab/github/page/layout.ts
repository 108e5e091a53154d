import type { Repository } from '../world/repository.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'

const STYLES = ['github-markdown', 'colours', 'frame', 'conversation', 'boxes', 'text']

/** A whole page; `title` is the window's. */
export function layout(repository: Repository, title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${repository.fullName}</title>
<link rel="icon" href="/assets/icon.svg">
${STYLES.map((name) => html`<link rel="stylesheet" href="/assets/${name}.css">`)}
<script type="module" src="/assets/page.js"></script>
</head>
<body>
<nav class="top">${icon('repo')}<span>${repository.owner.login} <span class="muted">/</span> <strong>${repository.name}</strong></span><span class="at-end muted">a stand-in of GitHub</span></nav>
<main>${body}</main>
</body>
</html>`
}

/** A state as a coloured pill. */
export function pill(tone: string, symbol: string, word: string): Html {
  return html`<span class="pill ${tone}">${icon(symbol)} ${word}</span>`
}
