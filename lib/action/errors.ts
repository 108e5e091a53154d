/**
 * A failure the user can mend. `message` is one sentence; `remedy`, when there is one, says what to do about it.
 * `reason` is the stable word that the `failure-reason` output carries.
 */
export class UserError extends Error {
  readonly reason: string
  readonly remedy: string | undefined

  constructor(reason: string, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'UserError'
    this.reason = reason
    this.remedy = options.remedy
  }
}

/** The user's input can't be used. One sentence that names the input, its value (never a secret's) and what is allowed. */
export function invalidInput(message: string, cause?: unknown): UserError {
  return new UserError('invalid-input', message, { cause })
}

/** What a failed step says on one line: the sentence and, after it, the remedy. */
export function describeError(error: unknown): string {
  if (error instanceof UserError) return error.remedy ? `${error.message} ${error.remedy}` : error.message
  return error instanceof Error ? error.message : String(error)
}

/** The error and its causes with their stacks, for the debug log. */
export function errorChain(error: unknown): string {
  const links: string[] = []
  for (
    let link = error;
    link !== undefined && links.length < 10;
    link = link instanceof Error ? link.cause : undefined
  ) {
    links.push(link instanceof Error ? (link.stack ?? link.message) : String(link))
  }
  return links.join('\ncaused by: ')
}

/** The error without secrets: an unexpected one may quote whatever it stumbled over, a parser's its input for one. */
export function redactError(error: unknown, redact: (text: string) => string): Error {
  const redacted =
    error instanceof UserError
      ? new UserError(
          error.reason,
          redact(error.message),
          error.remedy === undefined ? {} : { remedy: redact(error.remedy) },
        )
      : new Error(redact(describeError(error)))
  redacted.stack = redact(errorChain(error))
  return redacted
}
