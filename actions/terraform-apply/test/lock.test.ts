import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { PullRequest } from '../../../lab/github/index.ts'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { putObject } from '../../../lab/s3/put-object.ts'
import { type S3Server, startS3 } from '../../../lab/s3/versitygw.ts'
import { openScene, type Scene } from './support/scene.ts'
import { describeTools, type ToolUnderTest } from './support/tools.ts'

const versitygw = await requirePart('versitygw')

const BACKEND = 'terraform {\n  backend "s3" {}\n}\n'

/** `seconds` of work by a provisioner that is stopped at once by an interrupt, as programs usually are. */
const slow = (seconds: number) => `
resource "terraform_data" "quick" {
  input = "quick"
}

resource "terraform_data" "slow" {
  input      = "slow"
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "sleep ${seconds}"
  }
}
`

const TAKEN = {
  ID: '11111111-2222-3333-4444-555555555555',
  Operation: 'OperationTypeApply',
  Info: '',
  Who: 'someone@elsewhere',
  Version: '1.11.4',
  Created: '2026-01-02T03:04:05.123456789Z',
  Path: 'states/infra.tfstate',
}

versitygw.describe('S3', () => {
  describeTools('state locks', stateLocks)
})

function stateLocks(tool: ToolUnderTest): void {
  let s3: S3Server
  let scene: Scene
  let pullRequest: PullRequest

  beforeAll(async () => {
    s3 = await startS3(versitygw.path, ['states'])
  })
  afterAll(() => s3.close())

  beforeEach(async () => {
    scene = await openScene({ 'infra/backend.tf': BACKEND, 'infra/README.md': 'a root' }, tool)
    pullRequest = scene.propose({ 'infra/main.tf': slow(3) })
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const key = () => `${scene.repository.id}-${scene.folder.split('-').at(-1)}.tfstate`
  const lockFile = () => join(s3.folder, 'states', `${key()}.tflock`)
  const inputs = (more: Record<string, string> = {}) => ({
    'backend-config': JSON.stringify({
      bucket: 'states',
      key: key(),
      region: 'us-east-1',
      use_lockfile: true,
      use_path_style: true,
      skip_credentials_validation: true,
      skip_requesting_account_id: true,
      skip_metadata_api_check: true,
      skip_region_validation: true,
      endpoints: { s3: s3.endpoint },
      access_key: s3.accessKey,
      secret_key: s3.secretKey,
    }),
    ...more,
  })
  const saved = () => existsSync(join(s3.folder, 'states', key()))

  const approved = async () => {
    expect((await scene.plan(pullRequest, { inputs: inputs() })).reason).toBe('')
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
  }

  test('a state that another run holds is told with who, when and what, after lock-timeout', async () => {
    const other = scene.repository.run({ event: 'push', headSha: scene.repository.tip('main'), actor: 'maintainer' })
    const created = new Date(other.startedAt.getTime() + 1000).toISOString()
    await putObject(s3, 'states', `${key()}.tflock`, JSON.stringify({ ...TAKEN, Created: created }))
    const step = await scene.plan(pullRequest, { inputs: inputs({ 'lock-timeout': '1s' }) })
    expect(step.reason).toBe('state-locked')
    const shown = scene.shown(pullRequest)
    for (const word of [TAKEN.ID, TAKEN.Who, 'apply', `actions/runs/${other.id}`]) expect(shown).toContain(word)
    expect(existsSync(lockFile())).toBe(true)
  })

  test('a cancelled apply gives the program one interrupt, keeps what was done, leaves no lock, and can be finished', async () => {
    await approved()
    const step = await scene.command(pullRequest, 'reviewer', '/apply', {
      inputs: inputs(),
      interruptAfter: (line) => line.includes('slow: Provisioning') && { ms: 200 },
    })
    expect(step.reason).toBe('interrupted')
    expect(step.log.join('\n')).not.toMatch(/Two interrupts received/)
    expect(saved()).toBe(true)
    expect(existsSync(lockFile())).toBe(false)
    expect(scene.shown(pullRequest)).toContain('interrupted')
    expect(step.post?.annotations).toEqual([])
    // The tainted resource makes another plan, so the rest is offered and needs its own approval.
    const refused = await scene.command(pullRequest, 'reviewer', '/apply', { inputs: inputs() })
    expect(refused.reason).toBe('plan-changed')
    const applied = await scene.command(
      pullRequest,
      'reviewer',
      `/apply ${refused.outputs['fingerprint']?.slice(0, 12)}`,
      { inputs: inputs() },
    )
    expect(applied.reason).toBe('')
  })

  test('when this process is killed, the program ends in order and post waits for it', async () => {
    await approved()
    const step = await scene.command(pullRequest, 'reviewer', '/apply', {
      inputs: inputs(),
      kill: (line) => line.includes('slow: Provisioning'),
    })
    expect(step.signal).toBe('SIGKILL')
    expect(step.post?.log.join('\n')).toMatch(/left no lock behind/)
    expect(step.orphans).toEqual([])
    expect(saved()).toBe(true)
    expect(existsSync(lockFile())).toBe(false)
    const again = await scene.command(pullRequest, 'reviewer', '/apply', { inputs: inputs() })
    expect(again).toMatchObject({ reason: '', outputs: { changed: 'false' } })
  })

  test.each([
    { unlock: 'false', says: `Clear it with: ${tool.program} force-unlock -force`, remains: true },
    { unlock: 'true', says: 'is cleared', remains: false },
  ])(
    'a lock that this run left behind (power loss of both) with unlock-own: $unlock',
    async ({ unlock, says, remains }) => {
      await approved()
      const step = await scene.command(pullRequest, 'reviewer', '/apply', {
        inputs: inputs({ 'unlock-own': unlock }),
        kill: (line) => line.includes('slow: Provisioning') && killProgram(),
      })
      expect(step.post?.annotations.map(({ message }) => message).join()).toContain(says)
      expect(existsSync(lockFile())).toBe(remains)
    },
  )

  test("another's lock is never cleared, not even with unlock-own", async () => {
    await approved()
    const step = await scene.command(pullRequest, 'reviewer', '/apply', {
      inputs: inputs({ 'unlock-own': 'true' }),
      kill: (line) => line.includes('slow: Provisioning') && killProgram(),
      async laterSteps() {
        rmSync(lockFile())
        await putObject(s3, 'states', `${key()}.tflock`, JSON.stringify(TAKEN))
      },
    })
    expect(step.post?.annotations.map(({ message }) => message).join()).toMatch(/not this run's \(someone@elsewhere/)
    expect(existsSync(lockFile())).toBe(true)
  })

  test('a lock that the backend can not read is told as such, and never cleared', async () => {
    await approved()
    const step = await scene.command(pullRequest, 'reviewer', '/apply', {
      inputs: inputs({ 'unlock-own': 'true' }),
      kill: (line) => line.includes('slow: Provisioning') && killProgram(),
      laterSteps: () => writeFileSync(lockFile(), 'not what was stored'),
    })
    expect(step.post?.annotations.map(({ message }) => message).join()).toMatch(/does not tell whose/)
    expect(existsSync(lockFile())).toBe(true)
  })

  /** SIGKILL to every program under test whose work tree lies in this scene. */
  function killProgram(): boolean {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (
          readlinkSync(`/proc/${pid}/cwd`).startsWith(scene.folder) &&
          readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith(tool.program)
        ) {
          process.kill(Number(pid), 'SIGKILL')
        }
      } catch {
        // It has ended, or is nobody's of ours.
      }
    }
    return true
  }
}
