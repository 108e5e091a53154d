// For tests that need a part: they run, or are skipped with the reason in their name; with CI=true a missing part fails.
import { describe, test } from '@jest/globals'
import { commandFor, findPart, type PartName, parts } from './index.ts'

export type RequiredPart = {
  /** Absolute path of the program; empty where it is missing */
  path: string
  /** `describe`, or a skipped one that names the missing part */
  describe: (name: string, body: () => void) => void
}

/** Top-level await in a test file: `const terraform = await requirePart('terraform')`. Installs nothing. */
export async function requirePart(name: PartName): Promise<RequiredPart> {
  const path = await findPart(name)
  if (path !== undefined) return { path, describe: (title, body) => describe(title, body) }
  const reason = `${name} is missing (needed for ${parts[name].neededFor}); to bring it: ${commandFor(name)}`
  return { path: '', describe: process.env['CI'] === 'true' ? failing(reason) : skipped(reason) }
}

function skipped(reason: string): RequiredPart['describe'] {
  return (title, body) => describe.skip(`${title} [skipped: ${reason}]`, body)
}

function failing(reason: string): RequiredPart['describe'] {
  return (title) =>
    describe(title, () => {
      test('has what it needs', () => {
        throw new Error(reason)
      })
    })
}
