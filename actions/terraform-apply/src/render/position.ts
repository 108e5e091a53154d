import type { Block } from '../../../../lib/markdown/blocks.ts'
import { positionOf } from '../hcl/positions.ts'
import { attribute } from './footer.ts'
import type { Redact, Source } from './model.ts'
import { codeOf } from './prose.ts'

/** `infra/main.tf:12`, linked to the file; of an object in a downloaded module, the module and where it is called. */
export function positionBlocks(address: string, { positions, url }: Source, redact: Redact): Block[] {
  const position = positionOf(positions, address)
  if (!position) return []
  const { file, line, module } = position
  const place = codeOf(`${file}:${line}`, redact)
  // A path that holds a secret is no address to show.
  const link =
    redact(file) === file ? `<a href="${attribute(`${url}/${escapedPath(file)}#L${line}`)}">${place}</a>` : place
  const from = module === undefined ? '' : `${codeOf(module, redact)}, called in `
  return [{ kind: 'paragraph', markdown: from + link }]
}

function escapedPath(file: string): string {
  return file.toWellFormed().split('/').map(encodeURIComponent).join('/')
}
