import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { requirePart } from '../../../lab/provision/require-part.ts'
import { openScene, type Scene, type Step, type StepOptions } from './support/scene.ts'

const terraform = await requirePart('terraform')

/** Planted in every place that a secret can come from; each has characters that escaping changes. */
const SECRETS = {
  variable: 'planted<variable>"&1',
  input: 'planted-by-the-variables-input-2',
  exported: 'planted/in=TF_VAR+3',
  fromFile: 'planted from a var-file 4',
  environment: 'planted$in$environment`5',
  state: 'planted-in-the-state-6',
  multiline: 'planted first line 7\nplanted second line 7',
  pattern: 'CUST-12345678',
}

const CONFIGURATION = `
variable "from_default" {
  sensitive = true
  default   = ${JSON.stringify(SECRETS.variable)}
}
variable "from_input" {
  sensitive = true
}
variable "from_env" {
  sensitive = true
}
variable "from_file" {
  sensitive = true
}
variable "from_lines" {
  sensitive = true
}
variable "fail" {
  default = ""
}

resource "terraform_data" "holder" {
  input = {
    a = var.from_default
    b = var.from_input
    c = var.from_env
    d = var.from_file
    e = var.from_lines
    f = sensitive("${SECRETS.state}")
    customer = "customer ${SECRETS.pattern}"
  }
}

# A precondition and a provisioner that quote secrets as a provider's error would: with their marks taken off.
resource "terraform_data" "failing" {
  input = "x"
  lifecycle {
    precondition {
      condition     = var.fail != "plan"
      error_message = nonsensitive("refused by the API: \${var.from_default} \${var.from_input} \${var.from_env} \${var.from_file} \${var.from_lines}")
    }
  }
  provisioner "local-exec" {
    command = var.fail == "apply" ? "echo \\"$DEPLOY_TOKEN $LEAK\\" >&2; exit 3" : "echo \\"$DEPLOY_TOKEN\\""
    environment = {
      LEAK = nonsensitive(var.from_input)
    }
  }
}

output "secret" {
  sensitive = true
  value     = var.from_default
}
output "public" {
  value = "public"
}
`

terraform.describe('a secret is found nowhere', () => {
  let scene: Scene
  const found: Record<string, string> = {}

  beforeEach(async () => {
    scene = await openScene({ 'infra/README.md': 'a root' })
    for (const place of Object.keys(found)) delete found[place]
  })
  afterEach(async () => {
    expect(scene.github.violations).toEqual([])
    await scene.close()
  })

  const options = (fail: string): StepOptions => ({
    inputs: {
      variables: JSON.stringify({ from_input: SECRETS.input, from_lines: SECRETS.multiline, fail }),
      'var-file': 'secrets.tfvars',
      redact: 'CUST-\\d+',
      'report-path': 'report.md',
      'plan-store': 'artifact',
    },
    env: { TF_VAR_from_env: SECRETS.exported, DEPLOY_TOKEN: SECRETS.environment },
    laterSteps(main) {
      const report = main.outputs['report-path']
      if (report !== undefined) found['report'] = readFileSync(report, 'utf8')
      const json = main.outputs['plan-json-path']
      // The one place that must hold them: for later steps, outside of the workspace and for this user only.
      if (json !== undefined) expect(statSync(json).mode & 0o777).toBe(0o600)
    },
  })

  const files = {
    'infra/main.tf': CONFIGURATION,
    'infra/secrets.tfvars': `from_file = ${JSON.stringify(SECRETS.fromFile)}\n`,
  }

  /** Every text that leaves the step, by where a person would find it. */
  function look(step: Step): void {
    Object.assign(found, {
      log: step.rawLog.filter((line) => !line.startsWith('::add-mask::')).join('\n'),
      'log of post': step.post?.rawLog.filter((line) => !line.startsWith('::add-mask::')).join('\n') ?? '',
      summary: step.summary,
      annotations: JSON.stringify(step.annotations),
      outputs: JSON.stringify(step.outputs),
      state: JSON.stringify(step.state),
      processes: step.processes.join('\n'),
      requests: scene.github.requests
        .map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body)))
        .join('\n'),
      comments: scene.repository.issues.flatMap(({ comments }) => comments.map(({ body }) => body)).join('\n'),
      checks: JSON.stringify(step.run.checks().map(({ output }) => output)),
      artifacts: step.run
        .artifacts()
        .map((artifact) => JSON.stringify(artifact, (key, value) => (key === 'run' ? undefined : value)))
        .join('\n'),
      left: step.tempLeft.join('\n'),
    })
    for (const [place, text] of Object.entries(found)) {
      for (const [kind, secret] of Object.entries(SECRETS)) {
        for (const form of formsOf(secret))
          expect({ place, kind, held: text.includes(form) }).toEqual({ place, kind, held: false })
      }
    }
  }

  test('when all goes well', async () => {
    const pullRequest = scene.propose(files)
    const planned = await scene.plan(pullRequest, options(''))
    expect(planned.reason).toBe('')
    look(planned)
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const applied = await scene.command(pullRequest, 'reviewer', '/apply', options(''))
    expect(applied.reason).toBe('')
    expect(applied.outputs['outputs']).toBe('{"public":"public"}')
    look(applied)
    expect(readdirSync(join(scene.folder, 'state'))).toContain('terraform.tfstate')
  })

  test('when the plan fails and the error quotes it', async () => {
    const step = await scene.plan(scene.propose(files), options('plan'))
    expect(step.reason).toBe('plan-failed')
    expect(step.log.join('\n')).toContain('refused by the API')
    look(step)
  })

  test('when the apply fails and the error quotes it', async () => {
    const pullRequest = scene.propose(files)
    await scene.plan(pullRequest, options('apply'))
    pullRequest.review({ by: 'reviewer', state: 'APPROVED' })
    const step = await scene.command(pullRequest, 'reviewer', '/apply', options('apply'))
    expect(step.reason).toBe('apply-failed')
    expect(step.log.join('\n')).toContain('exit status 3')
    look(step)
  })

  test('when a secret of the state is quoted by an error before there is a plan', async () => {
    const first = scene.propose(files)
    await scene.plan(first, options(''))
    await scene.applyMerged(first, options(''))
    const quoting = `${CONFIGURATION}\nresource "terraform_data" "quoting" {\n  lifecycle {\n    precondition {\n      condition     = var.fail == "never"\n      error_message = nonsensitive("the state says \${terraform_data.holder.output.f}")\n    }\n  }\n}\n`
    const step = await scene.plan(scene.propose({ 'infra/main.tf': quoting }, { branch: 'next' }), options(''))
    expect(step.reason).toBe('plan-failed')
    expect(step.log.join('\n')).toContain('the state says')
    look(step)
  })
})

/** The secret as it is, line by line, and as JSON, HTML and percent-encoding write it. */
function formsOf(secret: string): string[] {
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  return [
    secret,
    ...secret.split('\n'),
    JSON.stringify(secret).slice(1, -1),
    html,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ]
}
