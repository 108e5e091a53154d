import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { platform, type ReleaseLab, startReleases } from '../../lab/releases/index.ts'
import { createDownload, DownloadError, type DownloadOptions } from './download.ts'

const INDEX = '/tofu/api.json'

let lab: ReleaseLab
beforeEach(async () => {
  lab = await startReleases()
})
afterEach(() => lab.close())

const get = (path: string, more: DownloadOptions = {}): Promise<string> => {
  const download = createDownload({ plainOrigin: lab.origin, idleMs: 200, pausesMs: [1, 1], ...more })
  return download(lab.origin + path).then(String)
}

test('a file is had whole', async () => {
  await lab.publish('tofu', '1.9.0', 'x'.repeat(3_000_000))
  const archive = await createDownload({ plainOrigin: lab.origin })(
    `${lab.origin}/tofu/1.9.0/tofu_1.9.0_${platform()}.zip`,
  )
  expect(archive.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004')
  expect(JSON.parse(await get(INDEX))).toMatchObject({ versions: [{ id: '1.9.0' }] })
})

describe('what may pass is tried again', () => {
  test.each([500, 502, 503, 429, 408])('once %d, then the file', async (status) => {
    lab.fault(INDEX, { kind: 'error', status, once: true })
    expect(await get(INDEX)).toContain('versions')
    expect(lab.requests).toHaveLength(2)
  })

  test('three times in all', async () => {
    lab.fault(INDEX, { kind: 'error', status: 500 })
    await expect(get(INDEX)).rejects.toThrow(`${lab.origin}${INDEX} answers 500`)
    expect(lab.requests).toHaveLength(3)
  })

  test.each([
    { fault: { kind: 'cut' as const }, says: /aborted/ },
    { fault: { kind: 'stalled' as const }, says: /aborted|no answer within 0\.2 s/ },
  ])('an answer that is $fault.kind', async ({ fault, says }) => {
    lab.fault(INDEX, fault)
    await expect(get(INDEX)).rejects.toThrow(says)
    expect(lab.requests).toHaveLength(3)
  })
})

describe('what will not pass is told at once', () => {
  test.each([404, 403, 410])('%d', async (status) => {
    lab.fault(INDEX, { kind: 'error', status })
    await expect(get(INDEX)).rejects.toMatchObject({ status, message: expect.stringContaining(`answers ${status}`) })
    expect(lab.requests).toHaveLength(1)
  })

  test('a file without end', async () => {
    await expect(get(INDEX, { maxBytes: 5 })).rejects.toThrow('has more than 5 bytes')
    expect(lab.requests).toHaveLength(1)
  })

  test('redirects without end', async () => {
    lab.fault(INDEX, { kind: 'redirect', to: INDEX })
    await expect(get(INDEX)).rejects.toThrow('redirects more than 5 times')
    expect(lab.requests).toHaveLength(6)
  })
})

describe('only https, or the one origin that was named', () => {
  let elsewhere: Server
  let asked = 0
  beforeEach(async () => {
    asked = 0
    elsewhere = createServer((_, response) => {
      asked++
      response.end('from elsewhere')
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => new Promise((resolve) => elsewhere.close(resolve)))
  const address = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`

  test('another origin over http is not asked, not even by a redirect', async () => {
    await expect(createDownload({ plainOrigin: lab.origin })(address())).rejects.toThrow(`${address()} is not https`)
    lab.fault(INDEX, { kind: 'redirect', to: address() })
    await expect(get(INDEX)).rejects.toThrow(`${address()} is not https`)
    expect(asked).toBe(0)
  })

  test('without a named origin nothing over http is', async () => {
    await expect(createDownload()(lab.origin + INDEX)).rejects.toThrow(DownloadError)
    for (const url of ['file:///etc/hostname', 'ftp://127.0.0.1/x'])
      await expect(createDownload()(url)).rejects.toThrow(`${url} is not https`)
    expect(lab.requests).toEqual([])
  })

  test('a redirect within the named origin is followed', async () => {
    lab.fault('/terraform/index.json', { kind: 'redirect', to: INDEX })
    expect(JSON.parse(await get('/terraform/index.json'))).toEqual({ versions: [] })
  })
})
