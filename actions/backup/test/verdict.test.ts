import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openScene } from './support/scene.ts'

test('what a rehearsal found is told in the summary, and by number only in the bucket', async () => {
  const scene = await openScene()
  try {
    const source = join(scene.folder, 'planted-folder')
    mkdirSync(source)
    writeFileSync(join(source, 'planted-file'), 'planted-content')
    await scene.backup(`- files: { paths: [${source}] }`)
    const rehearsal = `
to: ${join(scene.folder, 'scratch')}
assert:
  - command: ['true']
  - { command: [cat, '${source.slice(1)}/planted-file'], equals: planted-expectation }
`
    const step = await scene.mode('rehearse', { rehearsal })
    expect(step).toMatchObject({ conclusion: 'failure', reason: 'assertion-failed' })
    expect(step.summary).toContain('planted-content')
    const objects = execFileSync('find', [scene.store, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')
    for (const path of objects) expect(path + readFileSync(path, 'latin1')).not.toContain('planted')
    const [verdict = ''] = objects.filter((path) => path.endsWith('-rehearse.json'))
    expect(JSON.parse(readFileSync(verdict, 'utf8'))).toMatchObject({
      passed: false,
      problems: ['Assertion 2 of 2 does not hold.'],
    })
  } finally {
    await scene.close()
  }
}, 30_000)
