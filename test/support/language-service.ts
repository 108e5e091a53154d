// GitHub's own checks of action.yml and workflow files, run in a process of their own: the packages import JSON without
// an import attribute, which Node refuses and Jest warns about.
import { spawnSync } from 'node:child_process'
import { registerHooks } from 'node:module'
import { text } from 'node:stream/consumers'

export interface Document {
  /** Decides what it is: `action.yml` is an action's metadata, anything else a workflow */
  path: string
  text: string
}

/** Inputs of the actions a workflow may use, by their `uses` without `@ref` (`OWNER/ondol/actions/backup`). */
export type KnownActions = Readonly<Record<string, unknown>>

/** One line for each problem: `path:line message`. */
export function diagnose(documents: readonly Document[], actions: KnownActions = {}): string[] {
  const input = JSON.stringify({ documents, actions })
  const child = spawnSync(process.execPath, [import.meta.filename], { input, encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout)
}

/** Other people's actions aren't here to be read, and the service takes that for a mistake. */
const foreignAction = 'Unable to resolve action '

async function main(): Promise<void> {
  registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  })
  const { validate } = await import('@actions/languageservice')
  const { TextDocument } = await import('vscode-languageserver-textdocument')
  const { documents, actions }: { documents: Document[]; actions: Record<string, never> } = JSON.parse(
    await text(process.stdin),
  )
  const problems: string[] = []
  for (const document of documents) {
    const found = await validate(TextDocument.create(`file:///${document.path}`, 'yaml', 1, document.text), {
      actionsMetadataProvider: {
        fetchActionMetadata: async ({ owner, name, path }) => actions[[owner, name, path].filter(Boolean).join('/')],
      },
    })
    problems.push(
      ...found
        .map(({ range, message }) => ({ line: range.start.line + 1, message: String(message) }))
        .filter(({ message }) => !message.startsWith(foreignAction))
        .map(({ line, message }) => `${document.path}:${line} ${message}`),
    )
  }
  process.stdout.write(JSON.stringify(problems))
}

if (import.meta.main) await main()
