import { jsonLayout, mayHoldJson } from './json-text.ts'
import type { Redact } from './model.ts'

/** Up to the text's end where nothing closes it, so that no place is looked at twice. */
const STRING = /"(?:[^"\\]|\\[\s\S]?)*(?:"|$)/g

/**
 * The text with its secrets hidden in whatever form a reader may get to see it: as it is; where it is JSON, also what its
 * strings are without escapes, however deep one document stands in another's string, and what it is when laid out.
 */
export function hide(text: string, redact: Redact): string {
  const redacted = redact(text)
  if (!mayHoldJson(redacted)) return redacted
  const hidden = redacted.replaceAll(STRING, (token) => hideToken(token, redact))
  const layout = jsonLayout(hidden)
  if (layout === undefined) return hidden
  const shown = redact(layout)
  return shown === layout ? hidden : shown
}

function hideToken(token: string, redact: Redact): string {
  const text = decoded(token)
  if (text === undefined) return token
  const hidden = hide(text, redact)
  return hidden === text ? token : JSON.stringify(hidden)
}

/** Of text that is no JSON, what looks like a string need not be one. */
function decoded(token: string): string | undefined {
  try {
    return JSON.parse(token) as string
  } catch {
    return undefined
  }
}
