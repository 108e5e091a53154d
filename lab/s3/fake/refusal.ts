/** A reply of the server that is an error, in S3's words ("Error responses", API reference). */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  /** Further elements of its XML. */
  readonly details: Record<string, string>

  constructor(status: number, code: string, message: string, details: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export const refuse = {
  accessDenied: (why = 'Access Denied') => new Refusal(403, 'AccessDenied', why),
  noSuchBucket: (name: string) =>
    new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name }),
  noSuchKey: (key: string) => new Refusal(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key }),
  noSuchUpload: () => new Refusal(404, 'NoSuchUpload', 'The specified upload does not exist.'),
  invalid: (why: string) => new Refusal(400, 'InvalidRequest', why),
  argument: (why: string) => new Refusal(400, 'InvalidArgument', why),
  notImplemented: (what: string) => new Refusal(501, 'NotImplemented', `${what} is not implemented.`),
  precondition: () => new Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions did not hold'),
  badDigest: (what: string) =>
    new Refusal(400, 'BadDigest', `The ${what} you specified did not match what we received.`),
  locked: () => new Refusal(403, 'AccessDenied', 'Access Denied because object protected by object lock.'),
}
