import type { Explain } from './explanation.ts'

/** What can't be read as an object of its kind at all is answered with 500. What the answer quotes may be secret. */
export const explainUnreadable: Explain = ({ message }, subject) => {
  if (/illegal base64 data/.test(message)) {
    return {
      reason: 'invalid-manifest',
      message: `${subject}: a value under \`data\` isn't base64`,
      remedy: 'Encode it, or put it under `stringData` as it is.',
    }
  }
  if (!/unable to convert unstructured object/.test(message)) return undefined
  return {
    reason: 'invalid-manifest',
    message: `${subject} doesn't fit its schema`,
    remedy: 'Compare its fields with what its kind has (kubectl explain).',
  }
}
