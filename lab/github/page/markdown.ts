import type { Nodes, PhrasingContent, Root } from 'mdast'
import rehypeHighlight from 'rehype-highlight'
import rehypeRaw from 'rehype-raw'
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import remarkGemoji from 'remark-gemoji'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import { makeAlerts } from './alerts.ts'
import { colourDiffs, markDiagrams, shutOutside } from './decorate.ts'
import { type Html, html } from './html.ts'

function withBreaks(node: PhrasingContent): PhrasingContent[] {
  if (node.type !== 'text') return [node]
  const [first = '', ...rest] = node.value.split(/\r?\n/)
  const lines = rest.flatMap((value): PhrasingContent[] => [{ type: 'break' }, { type: 'text', value }])
  return [{ type: 'text', value: first }, ...lines]
}

function breakLines(node: Nodes): void {
  if (!('children' in node)) return
  for (const child of node.children) breakLines(child)
  if (node.type === 'root') return
  node.children = node.children.flatMap((child) => withBreaks(child as PhrasingContent)) as typeof node.children
}

/** In comments and job summaries a new line is a new line; in a repository's files it is not. */
function remarkBreaks() {
  return (tree: Root): void => breakLines(tree)
}

// Foreign HTML ends at the sanitiser, whose default schema is GitHub's; what comes after it only reworks the clean tree.
const processor = unified()
  .use(remarkParse)
  .use(remarkGfm, { singleTilde: true })
  .use(remarkGemoji)
  .use(remarkBreaks)
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeRaw)
  .use(rehypeSanitize, defaultSchema)
  .use(shutOutside)
  .use(makeAlerts)
  .use(rehypeHighlight, { plainText: ['diff', 'mermaid'] })
  .use(colourDiffs)
  .use(markDiagrams)
  .use(rehypeStringify)
  .freeze()

/** A comment, description, check or job summary as GitHub shows it. */
export function renderMarkdown(markdown: string): Html {
  const markup = String(processor.processSync(markdown))
  return html`<div class="markdown-body">${{ markup }}</div>`
}
