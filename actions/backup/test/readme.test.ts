import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { type PolicyStatement, type S3Server, startS3 } from '../../../lab/s3/versitygw.ts'
import { findSteps, yamlBlocks } from '../../../test/support/metadata.ts'
import { failureReasons } from '../src/failure.ts'
import { parseRehearsal } from '../src/rehearse/rehearsal.ts'
import { parseSources } from '../src/sources/parse.ts'
import { openScene, type Scene } from './support/scene.ts'

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8')
const versitygw = await requirePart('versitygw')

const inputsOf = (name: string): string[] =>
  yamlBlocks(readme).flatMap((block) => findSteps(block).flatMap((step) => String(step.with?.[name] ?? '') || []))

test('its sources and rehearsals are such', () => {
  const examples = [...inputsOf('sources'), ...yamlBlocks(readme).filter((block) => block.startsWith('- '))]
  expect(examples.flatMap((text) => parseSources(text)).length).toBeGreaterThan(8)
  const rehearsals = inputsOf('rehearsal').map((text) =>
    parseRehearsal(parse(text.replaceAll('${{ runner.temp }}', '/tmp')), { SCRATCH_URL: 'postgres://localhost/x' }),
  )
  expect(rehearsals.map(({ assertions }) => assertions.length)).toEqual([3])
})

test('it says of every reason what to do', () => {
  const table = readme.slice(readme.indexOf('## When it fails'), readme.indexOf('### Troubleshooting'))
  expect([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, word]) => word)).toEqual([...failureReasons])
})

/** What the README gives to each user, for versitygw. */
function policies(): PolicyStatement[] {
  const { Statement } = JSON.parse(/^```json\n(.*?)^```$/ms.exec(readme)?.[1] ?? '') as { Statement: Rule[] }
  const writer = Statement.map(({ Action, Resource }) => rightsOf('writer', [Action].flat(), [Resource].flat()))
  const table = readme.slice(readme.indexOf('| user | rights'), readme.indexOf('## What lies where'))
  const others = [...table.matchAll(/^\| (restores|looks|prunes)[^|]*\| (.*) \|$/gm)].flatMap(
    ([, user = '', text = '']) => [
      rightsOf(user, ['s3:ListBucket'], [BUCKET]),
      ...text.split('; ').map((rule) => ruleOf(user, rule, writer)),
    ],
  )
  return [...writer, ...others]
}

/** A clause of the table: rights, and what they are on. */
function ruleOf(user: string, clause: string, writer: readonly PolicyStatement[]): PolicyStatement {
  const quoted = [...clause.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
  const actions = quoted.filter((text) => text.startsWith('s3:'))
  if (clause.endsWith('as the writer')) {
    const resources = writer.find((rule) => rule.actions.includes('s3:GetObject'))?.resources ?? []
    return { user, actions, resources }
  }
  const keys = quoted.filter((text) => !text.startsWith('s3:'))
  return rightsOf(user, actions, keys.length === 0 ? [BUCKET] : keys.map((key) => `${BUCKET}/${key}`))
}

function rightsOf(user: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  const named = resources.map((resource) => resource.replace('arn:aws:s3:::', '').replace('shop-prod', 'shop'))
  return { user, actions, resources: named }
}

const BUCKET = 'acme-backups'

versitygw.describe('the rights that it gives', () => {
  let server: S3Server
  let scene: Scene
  const users = ['writer', 'restores', 'looks', 'prunes']
  beforeAll(async () => {
    server = await startS3(versitygw.path, [], {
      versioned: [BUCKET],
      users: Object.fromEntries(users.map((user) => [user, { secretKey: `secret-of-${user}` }])),
      policies: { [BUCKET]: policies() },
    })
    scene = await openScene({ bucket: BUCKET, endpoint: server.endpoint, region: 'us-east-1' })
  }, 30_000)
  afterAll(async () => {
    await scene.close()
    await server.close()
  })

  const as = (user: string) => ({ env: { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: `secret-of-${user}` } })
  const keepLast = { 'keep-last': '1', 'keep-daily': '', 'keep-weekly': '', 'keep-monthly': '' }
  const restored = (name: string) => ({ 'restore-to': join(scene.folder, name) })

  test('to the writer are enough for backups', async () => {
    for (const type of ['full', 'incremental', 'full']) {
      writeFileSync(join(scene.folderFor('www'), 'page'), `of the ${type} backup`)
      const step = await scene.backup(`- files: { paths: [${join(scene.folder, 'www')}] }`, {
        inputs: { type },
        ...as('writer'),
      })
      expect([step.outputs['type'], step.outputs['result'], ...step.annotations]).toEqual([type, 'ok'])
    }
  }, 60_000)

  test('and for nothing else', async () => {
    expect(await scene.mode('restore', restored('a'), as('writer'))).toMatchObject({ reason: 'store-denied' })
    expect(await scene.mode('prune', keepLast, as('writer'))).toMatchObject({ reason: 'store-denied' })
  }, 60_000)

  test('to the others are enough for what they do', async () => {
    const steps = [
      await scene.mode('restore', restored('b'), as('restores')),
      await scene.mode('verify', {}, as('restores')),
      await scene.mode('rehearse', { rehearsal: `to: ${join(scene.folder, 'c')}` }, as('restores')),
      await scene.mode('status', {}, as('looks')),
      await scene.mode('list', {}, as('looks')),
      await scene.mode('prune', keepLast, as('prunes')),
    ]
    expect(
      steps.flatMap(({ conclusion, annotations, log }) =>
        conclusion === 'success' && annotations.length === 0 ? [] : log,
      ),
    ).toEqual([])
    expect((await scene.mode('list', {}, as('looks'))).summary).toContain('has 1 backup;')
  }, 60_000)
})

interface Rule {
  Action: string | string[]
  Resource: string | string[]
}
