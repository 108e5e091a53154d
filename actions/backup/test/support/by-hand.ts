import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from '@jest/globals'
import { shellBlocks } from './bare-shell.ts'
import type { Scene, Step } from './scene.ts'

export function blocksOf(document: string): string[] {
  return shellBlocks(readFileSync(resolve(import.meta.dirname, '../../../../docs', document), 'utf8'))
}

const DOCUMENT = blocksOf('restore-without-ondol.md')

/** The document's commands for one backup: of the ways to get it only the one that is used, databases where they are wanted. */
export function commandsFor(
  id: string,
  way: { marks: string; from: string; region?: string },
  databases: '2-postgres' | '3-mysql' | 'none' = 'none',
): string {
  const settings: [RegExp, string][] = [
    [/^set=.*$/m, 'set=shop'],
    [/^id=.*$/m, `id=${id}`],
    [/^from=.*$/m, `from='${way.from}'`],
    [/^region=.*$/m, `region=${way.region}`],
  ]
  const blocks = DOCUMENT.filter((block) => !block.startsWith('from=') || block.includes(way.marks)).filter(
    (block) => !block.startsWith('dump=') || block.startsWith(`dump=${databases}\n`),
  )
  expect(blocks.filter((block) => block.startsWith('from='))).toHaveLength(1)
  return settings.reduce((text, [line, replacement]) => text.replace(line, () => replacement), blocks.join(''))
}

/** An empty folder with the identity in it. */
export function workFolder(scene: Scene): string {
  const folder = mkdtempSync(join(scene.folder, 'by-hand-'))
  writeFileSync(join(folder, 'identity.txt'), `${scene.identity}\n`)
  return folder
}

/** Nothing, or the log of a step that didn't end well. */
export function problemsOf(step: Step): string[] {
  return step.conclusion === 'success' && step.outputs['result'] === 'ok' ? [] : step.log
}
