import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Issue } from '../../../../lab/github/index.ts'
import { execute } from '../../../../lab/provision/execute.ts'
import { serveProviderLocal } from '../../../../lab/terraform/provider-local.ts'
import { openScene, type Scene, type Step, type StepOptions } from './scene.ts'

/** Files of the real world, one of them secret, and something that refers to one. */
export const ROOT = `
variable "world" {}

resource "local_file" "motd" {
  filename = "\${var.world}/motd"
  content  = "welcome"
}

resource "local_file" "token" {
  filename          = "\${var.world}/token"
  sensitive_content = "token-of-the-tests"
}

resource "terraform_data" "follower" {
  input = local_file.motd.id
}
`

/** A root whose configuration has been applied, and a schedule that looks at it. */
export interface Watched {
  scene: Scene
  /** Folder of the files that the root makes. */
  world: string
  look(options?: StepOptions): Promise<Step>
  /** What an apply of the default branch's tip does. */
  apply(): Promise<void>
  issues(): Issue[]
}

/** The provider for all tests of a file, and the lock file that its repositories have. */
export interface Provider {
  env: Record<string, string>
  lockFile: string
  remove(): void
}

export async function provideFiles(terraform: string, program: string): Promise<Provider> {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-drift-'))
  const env = serveProviderLocal(program, folder)
  writeFileSync(join(folder, 'main.tf'), ROOT)
  await execute(terraform, ['init', '-no-color'], { cwd: folder, env })
  const lockFile = readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8')
  return { env, lockFile, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export async function watch(terraform: string, { env, lockFile }: Provider): Promise<Watched> {
  const root = { main: ROOT, lock: lockFile }
  const scene = await openScene({ 'infra/main.tf': root.main, 'infra/.terraform.lock.hcl': root.lock })
  const world = join(scene.folder, 'world')
  mkdirSync(world)
  const run = (args: string[], cwd: string) => execute(terraform, args, { cwd, env })
  const watched: Watched = {
    scene,
    world,
    look: ({ inputs, ...options } = {}) =>
      scene.scheduleRun({ env, inputs: { variables: JSON.stringify({ world }), ...inputs }, ...options }),
    async apply() {
      const checkout = mkdtempSync(join(scene.folder, 'apply-'))
      await scene.repository.checkout(scene.repository.defaultBranch, checkout)
      const cwd = join(checkout, 'infra')
      await run(['init', '-no-color', `-backend-config=path=${scene.statePath}`], cwd)
      await run(['apply', '-no-color', '-auto-approve', `-var=world=${world}`], cwd)
    },
    issues: () => scene.repository.issues.filter(({ pullRequest }) => pullRequest === null),
  }
  await watched.apply()
  return watched
}
