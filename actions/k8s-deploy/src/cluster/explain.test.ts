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
