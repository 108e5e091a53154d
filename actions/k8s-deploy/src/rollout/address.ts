/** Where to ask, and how to say who asks: `fetch` refuses an address with credentials in it. */
export interface Address {
  url: URL
  headers: Record<string, string>
}

/** @param text an absolute address; credentials in it become a header */
export function addressOf(text: string): Address {
  const url = new URL(text)
  const { username, password } = url
  if (username === '' && password === '') return { url, headers: {} }
  url.username = ''
  url.password = ''
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
}

/** The text as it may be shown: without credentials before a host, and without queries, which may be tokens. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/(https?:\/\/)\S*@/g, '$1***@').replaceAll(/(https?:\/\/[^\s?#]*)[?#]\S*/g, '$1?…')
}

/** At most this many bytes of an answer's body, as text; the rest is left unread. */
export async function bodyStart(response: Response, limitBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= limitBytes) break
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8')
}

/** Why a request got no answer, in a few words: `fetch` itself only says "fetch failed". */
export function requestProblem(error: unknown): string {
  const { name, message, cause } = error as {
    name?: string
    message?: string
    cause?: { code?: string; message?: string; hostname?: string }
  }
  if (name === 'TimeoutError') return 'no answer in time'
  if (cause?.code === 'ENOTFOUND') return `the name ${cause.hostname} can't be resolved`
  return cause?.code ?? cause?.message ?? message ?? String(error)
}
