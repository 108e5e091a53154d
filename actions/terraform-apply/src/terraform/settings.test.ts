import { expect, test } from '@jest/globals'
import { applyArguments, initArguments, lockProbeArguments, planArguments, type TerraformSettings } from './settings.ts'

const settings: TerraformSettings = {
  directory: '/checkout/infra',
  workspace: undefined,
  varFiles: ['a.tfvars', 'with space; rm -r.tfvars'],
  variables: { password: 'secret' },
  backendConfig: { token: 'secret' },
  targets: ['terraform_data.a["x y"]', '-destroy'],
  replaces: ['terraform_data.b'],
  parallelism: 3,
  destroy: true,
  refresh: false,
  lockTimeoutMs: 1500,
}
const files = { variables: '/scratch/v.json', backendConfig: '/scratch/b.json' }
const none = { variables: undefined, backendConfig: undefined }
const plain: TerraformSettings = {
  ...settings,
  varFiles: [],
  targets: [],
  replaces: [],
  parallelism: undefined,
  destroy: false,
  refresh: true,
}

test('every input is one argument, whatever is in it, and values of secrets are none', () => {
  const args = planArguments(settings, files, '/scratch/p')
  expect(args).toEqual([
    'plan',
    '-json',
    '-input=false',
    '-out=/scratch/p',
    '-lock-timeout=2s',
    '-destroy',
    '-refresh=false',
    '-parallelism=3',
    '-var-file=a.tfvars',
    '-var-file=with space; rm -r.tfvars',
    '-var-file=/scratch/v.json',
    '-target=terraform_data.a["x y"]',
    '-target=-destroy',
    '-replace=terraform_data.b',
  ])
  expect(initArguments(files)).toEqual(['init', '-input=false', '-no-color', '-backend-config=/scratch/b.json'])
})

test('nothing asked for, nothing said', () => {
  expect(planArguments(plain, none, 'p')).toEqual(['plan', '-json', '-input=false', '-out=p', '-lock-timeout=2s'])
  expect(initArguments(none)).toEqual(['init', '-input=false', '-no-color'])
})

test('a saved plan is applied as it is: no variable, target or mode besides', () => {
  const args = ['apply', '-json', '-input=false', '-lock-timeout=2s', '-parallelism=3', '/scratch/p']
  expect(applyArguments(settings, files, '/scratch/p', false)).toEqual(args)
})

test('ephemeral variables are not in a saved plan, so all are given again', () => {
  const args = applyArguments(settings, files, '/scratch/p', true)
  expect(args).toContain('-var-file=/scratch/v.json')
  expect(args.at(-1)).toBe('/scratch/p')
})

test('the probe of the lock waits for nobody, refreshes nothing and targets nothing that exists', () => {
  const args = lockProbeArguments(settings, files)
  expect(args).toEqual(expect.arrayContaining(['-lock-timeout=0s', '-refresh=false', '-var-file=/scratch/v.json']))
  expect(args.filter((argument) => argument.startsWith('-target'))).toEqual(['-target=terraform_data.ondol_lock_probe'])
  expect(args).not.toContain('-destroy')
})
