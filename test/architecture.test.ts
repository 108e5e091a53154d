import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { cruise, type ICruiseOptions } from 'dependency-cruiser'
import rules from '../.dependency-cruiser.json' with { type: 'json' }
import { emit } from '../scripts/build.ts'

const root = join(import.meta.dirname, '..')
/** Broken rules, as `rule: from → to`, and how many modules were looked at. */
async function cruiseFolder(baseDir: string): Promise<{ violations: string[]; modules: number }> {
  const options: ICruiseOptions = {
    ...rules.options,
    baseDir,
    validate: true,
    ruleSet: { forbidden: rules.forbidden } as NonNullable<ICruiseOptions['ruleSet']>,
  }
  const { output } = await cruise(['.'], options)
  if (typeof output === 'string') throw new Error(output)
  const violations = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
  return { violations, modules: output.summary.totalCruised }
}

/** Does something with a folder that resolves packages as the checkout does. */
async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-architecture-'))
  try {
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Over the emitted code: with TypeScript 7 installed dependency-cruiser misses imports between .ts files.
test('the emitted code keeps to the arrows', async () => {
  const { violations, modules, files } = await inFolder(async (folder) => {
    emit(folder)
    return { ...(await cruiseFolder(folder)), files: globSync('{lib,actions}/**/*.js', { cwd: folder }).length }
  })
  expect(violations).toEqual([])
  expect(files).toBeGreaterThan(0)
  expect(modules).toBeGreaterThanOrEqual(files)
})

describe('an import against the arrows is caught', () => {
  const planted = {
    'lib/planted/index.js': "import '../../actions/planted/src/index.js'\n",
    'actions/planted/src/index.js':
      "import '../../other/src/index.js'\nimport '../../../lab/planted.js'\nimport 'jest'\n",
    'actions/other/src/index.js': "import './cycle.js'\n",
    'actions/other/src/cycle.js': "await import('./index.js')\n",
    'lab/planted.js': '',
  }

  test.each([
    'lib-knows-no-action: lib/planted/index.js → actions/planted/src/index.js',
    'no-action-knows-another: actions/planted/src/index.js → actions/other/src/index.js',
    'shipped-code-stands-alone: actions/planted/src/index.js → lab/planted.js',
    'no-cycle: actions/other/src/cycle.js → actions/other/src/index.js',
    'shipped-code-uses-dependencies-only: actions/planted/src/index.js → ',
  ])('%s', async (violation) => {
    const { violations } = await inFolder((folder) => {
      for (const [path, code] of Object.entries(planted)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), code)
      }
      return cruiseFolder(folder)
    })
    expect(violations).toContainEqual(expect.stringContaining(violation))
  })
})

// Types are gone from the emitted code, so arrows that only types use are looked for in the sources.
describe('imports of types', () => {
  const specifiers = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g

  /** Relative imports of a module against the arrows, as paths in the checkout. */
  function against(path: string, code: string): string[] {
    const action = /^actions\/([^/]+)\//.exec(path)?.[1]
    const isAllowed = (target: string): boolean =>
      target.startsWith('lib/') || (action !== undefined && target.startsWith(`actions/${action}/`))
    return [...code.matchAll(specifiers)]
      .map(([, specifier = '']) => relative(root, resolve(root, dirname(path), specifier)))
      .filter((target) => !isAllowed(target))
  }

  test('keep to the arrows, too', () => {
    const sources = globSync(['lib/**/*.ts', 'actions/*/src/**/*.ts'], { cwd: root }).filter(
      (path) => !path.endsWith('.test.ts') && !path.includes('/fixtures/'),
    )
    expect(sources.length).toBeGreaterThan(0)
    const found = sources.flatMap((path) =>
      against(path, readFileSync(join(root, path), 'utf8')).map((target) => `${path} → ${target}`),
    )
    expect(found).toEqual([])
  })

  test.each([
    ['lib/a/b.ts', "import type { X } from '../../actions/c/src/x.ts'", 'actions/c/src/x.ts'],
    ['actions/a/src/b.ts', "export type { X } from '../../c/src/x.ts'", 'actions/c/src/x.ts'],
    ['actions/a/src/b.ts', "type X = import('../../../lab/x.ts').X", 'lab/x.ts'],
  ])('%s: %s is caught', (path, code, target) => {
    expect(against(path, code)).toEqual([target])
  })
})
