// Masking as the runner's SecretMasker does it: a value, each of its lines, and the forms that its encoders know.

export interface Masker {
  add(value: string): void
  mask(text: string): string
}

export function createMasker(): Masker {
  const needles = new Set<string>()
  return {
    add(value) {
      for (const secret of [value, ...value.split(/[\r\n]+/)]) {
        if (secret.trim() === '') continue
        for (const form of encodings(secret)) needles.add(form)
      }
    },
    mask: (text) =>
      cover(
        text,
        [...needles].flatMap((needle) => occurrences(text, needle)),
      ),
  }
}

/** The value encoders of actions/runner (HostContext.cs), without the two for PowerShell. */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64')),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    xmlEscape(value),
    value.replace(/^"(.*)"$/s, '$1'),
  ].filter((form) => form !== '')
}

function xmlEscape(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

type Range = readonly [start: number, end: number]

function occurrences(text: string, needle: string): Range[] {
  const found: Range[] = []
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) found.push([at, at + needle.length])
  return found
}

/** Overlapping and adjacent ranges become one mark, so that a mark's count tells nothing about the secret. */
function cover(text: string, ranges: Range[]): string {
  let masked = ''
  let shown = 0
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    if (start > shown || (start === 0 && masked === '')) masked += `${text.slice(shown, start)}***`
    shown = Math.max(shown, end)
  }
  return masked + text.slice(shown)
}
