// The third story that the demo tells: the app's database and a folder of files are backed up night by night, proved, lost, and
// there again.
import { strict as assert } from 'node:assert'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { findPart } from '../lab/provision/index.ts'
import { startS3 } from '../lab/s3/versitygw.ts'
import type { Scenario, Step, WorkflowOptions } from '../lab/scenario/index.ts'
import { type Audience, expectSuccess, optionsFor, runOf } from './audience.ts'
import { book, bookings } from './deploy-story.ts'
import { addPages, damagePages, pagesIn } from './pages.ts'
import type { Site } from './site.ts'

/** Where backups go, and who may read them. */
interface Vault {
  /** Inputs and environment of every run */
  inputs: Record<string, string>
  env: Record<string, string>
  /** For the runs that restore only */
  identity: string
  close(): Promise<void>
}

/** Plays the story from its beginning to its end. Throws when anything isn't as it should be, or when it is cancelled. */
export async function playBackupStory(scenario: Scenario, site: Site, audience: Audience): Promise<void> {
  const vault = await openVault(scenario.folder)
  try {
    const runs = scenario.using(backupOf(site, vault))
    const pages = join(scenario.folder, 'pages')
    await backUpNightly(runs, pages, site, audience)
    await rehearse(runs, pages, site, vault, audience)
    await loseAndRestore(runs, pages, site, vault, audience)
    assert.deepEqual(scenario.github.violations, [])
  } finally {
    await vault.close()
  }
}

type Runs = ReturnType<Scenario['using']>

const NIGHTS = 4

async function backUpNightly(runs: Runs, pages: string, site: Site, audience: Audience): Promise<void> {
  await audience.stage(`${NIGHTS} nights: the app's database and a folder of files are backed up`, async () => {
    mkdirSync(pages)
    let step: Step | undefined
    for (let night = 1; night <= NIGHTS; night++) {
      addPages(pages, night)
      if (night > 1) await book(site, `Review ${night}`, night)
      step = await runs.scheduleRun({ ...optionsFor(audience), inputs: { sources: sourcesOf(pages) } })
      expectSuccess(step, audience)
      assert.equal(step.outputs['type'], night === 1 ? 'full' : 'incremental')
    }
    assert.ok(step)
    await audience.look(runOf(step), '10-backed-up')
    expectSecrecy(step, site)
    return [
      `the last one holds ${step.outputs['files']} files and every database, and stored ${step.outputs['bytes-stored']} bytes`,
      'it is encrypted for a key that this workflow does not have',
    ]
  })
}

async function rehearse(runs: Runs, pages: string, site: Site, vault: Vault, audience: Audience): Promise<void> {
  await audience.stage(
    'Every week: a backup is restored into an empty folder and database, and questioned',
    async () => {
      await site.sql('CREATE DATABASE scratch')
      const scratch = new URL(site.databaseUrl)
      scratch.pathname = '/scratch'
      const rehearsal = {
        to: [`${pages}-rehearsed`, 'env:SCRATCH_URL'],
        database: 'postgres',
        assert: [
          { sql: 'SELECT count(*) FROM bookings', equals: NIGHTS },
          { command: ['test', '-s', join(pages, 'page-1-1.html').slice(1)] },
        ],
        'max-rto': '1m',
      }
      const step = await runs.scheduleRun({
        ...optionsFor(audience),
        inputs: { mode: 'rehearse', identity: vault.identity, rehearsal: JSON.stringify(rehearsal) },
        env: { SCRATCH_URL: scratch.href },
      })
      expectSuccess(step, audience)
      await audience.look(runOf(step), '11-rehearsed')
      await site.sql('DROP DATABASE scratch')
      const status = await runs.scheduleRun({ ...optionsFor(audience), inputs: { mode: 'status', 'max-age': '25h' } })
      expectSuccess(status, audience)
      return [
        `${rehearsal.assert.length} assertions hold; restoring took ${step.outputs['rto-seconds']} s`,
        'status is green: there is a backup that is young enough, whole and proved',
      ]
    },
  )
}

async function loseAndRestore(runs: Runs, pages: string, site: Site, vault: Vault, audience: Audience): Promise<void> {
  const before = { pages: pagesIn(pages), bookings: await bookings(site) }
  await audience.stage('Somebody drops the tables, and deletes and changes files', async () => {
    await site.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    damagePages(pages)
    assert.notDeepEqual(pagesIn(pages), before.pages)
    assert.equal((await fetch(`${site.address}/api/bookings`)).ok, false)
    return ['the app answers with an error, and pages are missing or wrong']
  })

  await audience.stage('One run restores both, and they are compared with what was there', async () => {
    const target = `${pages}-restored`
    const step = await runs.scheduleRun({
      ...optionsFor(audience),
      inputs: {
        mode: 'restore',
        identity: vault.identity,
        'restore-to': target,
        'restore-databases-to': 'DATABASE_URL',
      },
    })
    expectSuccess(step, audience)
    await audience.look(runOf(step), '12-restored')
    assert.deepEqual(pagesIn(join(target, pages)), before.pages)
    assert.deepEqual(await bookings(site), before.bookings)
    expectSecrecy(step, site)
    return [
      `all ${before.pages.length} pages are as they were, to the nanosecond of their times`,
      `the app answers again, with its ${before.bookings.length} bookings`,
    ]
  })
}

const INDEX_KEY = 'an-index-key-for-the-demo-and-nothing-else'

/** The workflow that runs at night. */
function backupOf({ databaseUrl }: Site, { inputs, env, identity }: Vault): WorkflowOptions {
  return {
    action: resolve(import.meta.dirname, '../actions/backup'),
    inputs: () => inputs,
    env: { ...env, DATABASE_URL: databaseUrl },
    masks: [INDEX_KEY, identity, databaseUrl],
  }
}

function sourcesOf(pages: string): string {
  return `- files: { paths: [${pages}] }\n- postgres: { url-env: DATABASE_URL }`
}

/** The lab's S3 server, or a folder where that isn't at hand. */
async function openVault(folder: string): Promise<Vault> {
  const identity = await generateX25519Identity()
  const common = { set: 'bookings', recipients: await identityToRecipient(identity), 'index-key': INDEX_KEY }
  const program = await findPart('versitygw')
  if (program === undefined) {
    const store = join(folder, 'backups')
    mkdirSync(store)
    return {
      inputs: { ...common, bucket: `file://${store}` },
      env: {},
      identity,
      close: async () => rmSync(store, { recursive: true }),
    }
  }
  const { endpoint, accessKey, secretKey, close } = await startS3(program, ['acme-backups'])
  const env = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey }
  return { inputs: { ...common, bucket: 'acme-backups', endpoint, region: 'us-east-1' }, env, identity, close }
}

function expectSecrecy({ log, summary }: Step, { databaseUrl }: Site): void {
  const { password } = new URL(databaseUrl)
  for (const text of [...log, summary]) assert.ok(!text.includes(password) && !text.includes(INDEX_KEY))
}
