// npm run build: every action's committed bundle, made afresh.
import { spawnSync } from 'node:child_process'
import { globSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { POST_SCRIPT } from '../lib/action/start.ts'
import { licences } from './licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Names of the actions that have a bundle: the folders of actions/ with src/index.ts, in alphabetical order. */
export function bundledActions(): string[] {
  return globSync('*/src/index.ts', { cwd: join(root, 'actions') })
    .map((path) => path.split(/[/\\]/)[0] ?? '')
    .sort()
}

/**
 * Emits the shipped code as JavaScript, then bundles each action.
 *
 * @param folderOf where an action's bundle goes: index.js, post.js, package.json, licenses.txt, one chunk per dynamic import. What the folder
 *   held before is removed, so no stale chunk stays. The bytes don't depend on where the checkout or the folder lies.
 * @param actions the actions to bundle
 * @throws Error with the compiler's or the bundler's own words
 */
export function build(folderOf: (action: string) => string, actions: readonly string[] = bundledActions()): void {
  // Always ./build: webpack derives the ids of modules and chunks from paths relative to the checkout.
  rmSync(join(root, 'build'), { recursive: true, force: true })
  emit(join(root, 'build'))
  for (const action of actions) bundle(join(root, 'build/actions', action, 'src/index.js'), folderOf(action))
}

/** Type-checks the shipped code and writes its JavaScript under `folder`. Throws an Error with the compiler's words. */
export function emit(folder: string): void {
  run('typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', folder])
}

/** The old bundle stays until the new one is whole: a test may be running it. */
function bundle(entry: string, folder: string): void {
  const fresh = `${folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  run('@vercel/ncc/dist/ncc/cli.js', ['build', entry, '-o', fresh, '--no-cache', '--quiet'])
  writeFileSync(join(fresh, POST_SCRIPT), "import './index.js'\n")
  writeFileSync(join(fresh, 'licenses.txt'), licences(root))
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
}

function run(program: string, args: readonly string[]): void {
  const child = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  if (child.status !== 0)
    throw new Error(`${child.stdout}${child.stderr}`.trim() || `${program}: ended by ${child.signal}`)
}

if (import.meta.main) {
  const wanted = argv.slice(2)
  build((action) => join(root, 'actions', action, 'dist'), wanted.length > 0 ? wanted : bundledActions())
}
