import process from 'node:process'
import { describe, expect, test } from '@jest/globals'
import { childEnvironment, secretLikeValues } from './environment.ts'

describe('childEnvironment', () => {
  test.each([
    'INPUT_PLAN-KEY',
    'input_plan-key',
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_RUNTIME_URL',
    'ACTIONS_RESULTS_URL',
    'ACTIONS_CACHE_URL',
    'GITHUB_OUTPUT',
    'GITHUB_STATE',
    'GITHUB_ENV',
    'GITHUB_PATH',
    'GITHUB_STEP_SUMMARY',
  ])('%s is withheld', (name) => {
    expect(childEnvironment({ [name]: 'x', HOME: '/home' })).toEqual({ HOME: '/home' })
  })

  test.each([
    'PATH',
    'TF_VAR_input_path',
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'GITHUB_PATHS',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'STATE_BUCKET',
  ])('%s stays', (name) => {
    expect(childEnvironment({ [name]: 'x' })).toEqual({ [name]: 'x' })
  })

  test('a variable without value is none', () => {
    expect(childEnvironment({ A: undefined, B: '' })).toEqual({ B: '' })
  })
})

describe('secretLikeValues', () => {
  test.each([
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'AWS_SESSION_TOKEN',
    'GITHUB_TOKEN',
    'TF_VAR_db_password',
    'DB_PASS',
    'MYSQL_PWD',
    'ONDOL_PLAN_KEY',
    'INPUT_PLAN-KEY',
    'GOOGLE_CREDENTIALS',
    'SENTRY_DSN',
    'AZURE_STORAGE_CONNECTION_STRING',
    'DOCKER_AUTH',
    'KEY',
  ])('%s is secret', (name) => {
    expect(secretLikeValues({ [name]: '/S3cret+value' })).toEqual(['/S3cret+value'])
  })

  test.each([
    'PATH',
    'TF_VAR_key_name',
    'KEYBOARD',
    'MONKEY',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'TF_VAR_ssh_public_key',
    'DB_SECRET_ARN',
    'SSH_AUTH_SOCK',
  ])('%s is not', (name) => {
    expect(secretLikeValues({ [name]: 'S3cret+value' })).toEqual([])
  })

  test('short values, ARNs, existing paths and nothing at all are left out', () => {
    const env = {
      A_TOKEN: 'true',
      B_SECRET: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db',
      GOOGLE_APPLICATION_CREDENTIALS: process.execPath,
      C_TOKEN: undefined,
    }
    expect(secretLikeValues(env)).toEqual([])
  })

  test('a URL gives its password too, as written and decoded', () => {
    expect(secretLikeValues({ DATABASE_URL: 'postgres://app:p%40ss%3Aw0rd@db/app' })).toEqual([
      'postgres://app:p%40ss%3Aw0rd@db/app',
      'p%40ss%3Aw0rd',
      'p@ss:w0rd',
    ])
  })

  test('a password that only looks percent-encoded does no harm', () => {
    expect(secretLikeValues({ REDIS_URL: 'redis://:100%sure@cache' })).toContain('100%sure')
  })

  test('equal values are named once', () => {
    expect(secretLikeValues({ A_TOKEN: 'abcdef', B_TOKEN: 'abcdef' })).toEqual(['abcdef'])
  })
})
