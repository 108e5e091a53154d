import { describe, expect, test } from '@jest/globals'
import { invalidInput } from '../../../../lib/action/errors.ts'
import { DeployError } from '../failure.ts'
import type { Ref } from '../kube/objects.ts'
import { ApiError, answerError } from './api-error.ts'
import { explainApiError } from './explain.ts'

const web: Ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }

const said = (status: number, reason: string, message: string) =>
  explainApiError(new ApiError({ status, reason, message }), web).failure

/** Texts that need more than one cluster to be made to happen. */
describe('words of other servers and plugins', () => {
  test.each([
    [400, 'admission webhook "validate.kyverno.svc-fail" denied the request: no latest tag', 'no latest tag'],
    [
      403,
      'admission webhook "validation.gatekeeper.sh" denied the request: [must-have] you must',
      '[must-have] you must',
    ],
    [409, 'admission webhook "a.example" denied the request: taken', 'taken'],
    [422, 'admission webhook "a.example" denied the request: no', 'no'],
    [500, 'admission webhook "a.example" denied the request: no', 'no'],
  ])('a webhook that denies with %d is a policy, whatever the status', (status, message, why) => {
    const failure = said(status, '', message)
    expect(failure.reason).toBe('admission-denied')
    expect(failure.message).toMatch(/^Deployment `web`: the policy `[^`]+` denies it: /)
    expect(failure.message.endsWith(why)).toBe(true)
  })

  test.each([
    [
      'unable to convert unstructured object to /v1, Kind=Secret: illegal base64 data at input byte 3',
      "Secret `web`: a value under `data` isn't base64",
    ],
    [
      'unable to convert unstructured object to /v1, Kind=Secret: cannot restore slice from s3cret',
      "Secret `web` doesn't fit its schema",
    ],
  ])('what can not be read as an object of its kind is the manifest’s fault', (message, says) => {
    const secret = { ...web, apiVersion: 'v1', kind: 'Secret' }
    const { failure } = explainApiError(new ApiError({ status: 500, reason: '', message }), secret)
    expect(failure).toMatchObject({ reason: 'invalid-manifest', message: says })
  })

  test('a plugin that is missing, without what kubectl explains about plugins', () => {
    const body =
      'getting credentials: exec: executable aws not found\n\nIt looks like you are trying to use a plugin.\n'
    const { message } = explainApiError(answerError({ status: 500, headers: {}, body }, undefined)).failure
    expect(message).toBe("The kubeconfig's user gets no credentials: exec: executable aws not found")
  })

  test('a webhook that denies and says nothing more', () => {
    expect(said(400, '', 'admission webhook "a.example" denied the request without explanation').message).toBe(
      'Deployment `web`: the policy `a.example` denies it',
    )
  })

  test.each([
    [
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'unreachable',
      /certificate-auth/,
    ],
    ['dial tcp: lookup api.example: no such host', 'unreachable', /address/],
    ['dial tcp [::1]:8080: connect: connection refused', 'invalid-input', /kubeconfig/],
    ['getting credentials: exec: executable aws not found', 'unauthorized', /Log in/],
  ])('kubectl’s own failure: %s', (body, reason, remedy) => {
    const failure = explainApiError(answerError({ status: 500, headers: {}, body: `${body}\n` }, undefined)).failure
    expect(failure).toMatchObject({ reason, remedy: expect.stringMatching(remedy) })
  })

  test('credentials that the server ignores are no missing right', () => {
    const message = 'forbidden: User "system:anonymous" cannot get path "/api/v1"'
    expect(said(403, 'Forbidden', message)).toMatchObject({ reason: 'unauthorized' })
  })

  test('a limit range is a rule of the cluster, not a missing right', () => {
    const message = 'pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2'
    expect(said(403, 'Forbidden', message)).toMatchObject({
      reason: 'admission-denied',
      message: "Deployment `web`: the cluster's rules deny it: maximum cpu usage per Container is 1, but limit is 2",
    })
  })

  test('values that the API quotes are not repeated: they may be secret', () => {
    const message = 'Invalid value: {"Env":[{"Name":"A","Value":"s3cret: x"}]}: must not be so'
    const causes = [{ reason: 'FieldValueInvalid', field: 'spec.template', message }]
    const failure = explainApiError(new ApiError({ status: 422, reason: 'Invalid', message, causes }), web).failure
    expect(failure.message).toBe('Deployment `web` is not valid: `spec.template`: must not be so')
  })

  test.each([
    [
      '.stringData.config: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"p":"hunter2"}}',
      'a map',
      /`\|`/,
    ],
    [
      '.stringData.config: expected string, got &value.valueUnstructured{Value:[]interface {}{"hunter2"}}',
      'a list',
      /`\|`/,
    ],
    ['.stringData.config: expected string, got &value.valueUnstructured{Value:4711}', 'a number', /quotes/],
    ['.stringData.config: expected string, got &value.valueUnstructured{Value:true}', 'a boolean', /quotes/],
  ])('nor are those of another type than the schema has: %s', (message, given, remedy) => {
    const failure = said(500, '', `failed to create typed patch object (shop/db; /v1, Kind=Secret): ${message}`)
    expect(failure.message).toBe(
      `Deployment \`web\` doesn't fit its schema: stringData.config: expected string, got ${given}`,
    )
    expect(failure).toMatchObject({ reason: 'invalid-manifest', remedy: expect.stringMatching(remedy) })
  })

  test('nor those of several fields, on lines of their own', () => {
    const misfits = [
      '.stringData: expected map, got &{hunter2',
      'hunter2}',
      '.spec.replicas: expected numeric (int or float), got string',
    ]
    const message = `failed to create typed patch object (a/b; /v1, Kind=Secret): errors:\n  ${misfits.join('\n  ')}`
    expect(said(500, '', message).message).toBe(
      "Deployment `web` doesn't fit its schema: stringData: expected map; spec.replicas: expected numeric (int or float), got a string",
    )
  })
})

test('what is already explained stays, what is not the API’s is unexpected', () => {
  const known = new DeployError({ reason: 'timeout', message: 'x' })
  expect(explainApiError(known, web)).toBe(known)
  expect(explainApiError(invalidInput('The input soak is "soon".')).failure).toEqual({
    reason: 'invalid-input',
    message: 'The input soak is "soon".',
  })
  expect(explainApiError(new Error('oops'), web).failure).toEqual({
    reason: 'unexpected',
    message: 'oops',
    object: web,
  })
})
