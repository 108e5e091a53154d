/** What a comment asks for. `root` and `fingerprint` (12 to 64 hex digits, lower case) narrow it down. */
export interface CommentCommand {
  verb: 'apply' | 'plan'
  root: string | undefined
  fingerprint: string | undefined
}

const FINGERPRINT = /^[0-9a-f]{12,64}$/i

/**
 * The command that is the whole body of a comment: `/apply [root] [fingerprint]` or `/plan [root]`, on one line. Any
 * other body is no command (`undefined`), also a command quoted in a sentence, because people talk about commands.
 */
export function parseCommand(body: string): CommentCommand | undefined {
  const [verb, ...words] = body.trim().split(/[ \t]+/)
  if (body.trim().includes('\n') || (verb !== '/apply' && verb !== '/plan')) return undefined
  const fingerprints = words.filter((word) => FINGERPRINT.test(word))
  const roots = words.filter((word) => !FINGERPRINT.test(word))
  if (roots.length > 1 || fingerprints.length > 1) return undefined
  if (verb === '/plan' && fingerprints.length > 0) return undefined
  return { verb: verb === '/apply' ? 'apply' : 'plan', root: roots[0], fingerprint: fingerprints[0]?.toLowerCase() }
}
