import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { names } from '../kube/names.ts'
import type { KubeObject } from '../kube/objects.ts'
import { type DiffOptions, diffObjects } from './diff.ts'
import { recorded } from './fixtures/bookings.ts'

const options: DiffOptions = { digestKey: Buffer.alloc(32, 7), redact: (text) => text }
const example = (name: string): KubeObject =>
  parse(readFileSync(join(import.meta.dirname, '../../../../examples/k8s/app', `${name}.yaml`), 'utf8'))

const changedLines = (lines: readonly string[]): string[] => lines.filter((line) => /^[-+]/.test(line))

function config(data: Record<string, unknown>, more: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'bookings' }, data, ...more }
}

function secret(data: Record<string, string>, field = 'stringData'): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'database', namespace: 'bookings' }, [field]: data }
}

describe('what the server says of the bookings service', () => {
  test.each(['config', 'service', 'deployment'] as const)('a new %s is shown as its manifest has it', (name) => {
    const { change, lines, removed } = diffObjects(undefined, recorded(name).created, options)
    expect([change, removed]).toEqual(['create', 0])
    expect(parse(lines.map((line) => line.slice(1)).join('\n'))).toEqual(example(name))
  })

  test('only what changes is shown, with the place of each hunk', () => {
    const { before, after } = recorded('deployment')
    const { change, lines, added, removed } = diffObjects(before, after, options)
    expect(lines.filter((line) => /^[-+@]/.test(line))).toEqual([
      '@@ spec @@',
      '-  replicas: 2',
      '+  replicas: 3',
      '-      maxSurge: 1',
      '-      maxUnavailable: 0',
      '+      maxSurge: 25%',
      '+      maxUnavailable: 25%',
      '@@ spec.template.spec.containers[bookings].env[FEATURES] @@',
      '+        - name: FEATURES',
      '+          value: waiting-list',
      '-        image: ghcr.io/acme/bookings:1.0.0',
      '+        image: ghcr.io/acme/bookings:1.1.0',
      '@@ spec.template.spec.containers[proxy] @@',
      '+      - name: proxy',
      '+        image: ghcr.io/acme/proxy:2',
      '+        ports:',
      '+        - containerPort: 8443',
    ])
    expect([change, added, removed]).toEqual(['change', 10, 4])
  })

  test('a container that goes takes its defaults with it', () => {
    const { before, after } = recorded('deployment')
    const { lines } = diffObjects(after, before, options)
    expect(changedLines(lines).filter((line) => line.includes('terminationMessagePath'))).toEqual([])
    expect(changedLines(lines)).toContain('-      - name: proxy')
  })

  test('ports that the server allocates are no change', () => {
    const { before, after } = recorded('service')
    expect(changedLines(diffObjects(before, after, options).lines)).toEqual([
      '-  type: ClusterIP',
      '+  type: LoadBalancer',
    ])
  })

  test('a Job that takes the place of another differs in what was written only', () => {
    const { before, after } = recorded('job')
    const { change, lines } = diffObjects(before, after, { ...options, replaced: true })
    expect(change).toBe('replace')
    expect(changedLines(lines)).toEqual([
      '-        image: ghcr.io/acme/bookings:1.0.0',
      '+        image: ghcr.io/acme/bookings:1.1.0',
    ])
  })

  test('values of a Secret are digests, which tell only what stays and what changes', () => {
    const { before, after } = recorded('secret')
    const { lines } = diffObjects(before, after, options)
    expect(changedLines(lines)).toEqual([
      expect.stringMatching(/^- {2}url: \(digest [0-9a-f]{12}\)$/),
      expect.stringMatching(/^\+ {2}url: \(digest [0-9a-f]{12}\)$/),
    ])
    expect(lines).toContainEqual(expect.stringMatching(/^ {3}ca: \(digest [0-9a-f]{12}\)$/))
  })

  test.each(['config', 'service', 'secret', 'job', 'deployment'] as const)('%s as it is has no difference', (name) => {
    const { before } = recorded(name)
    const later = {
      ...before,
      metadata: { ...before.metadata, resourceVersion: '9', generation: 9 },
      status: { replicas: 7 },
    }
    expect(diffObjects(before, later, options)).toMatchObject({ change: 'none', lines: [], added: 0, removed: 0 })
  })

  test('what the action writes anew in every run is no difference', () => {
    const { before } = recorded('config')
    const stamped = (run: string): KubeObject => ({
      ...before,
      metadata: {
        ...before.metadata,
        annotations: { [names.run]: run, [names.commit]: run, [names.revision]: run, [names.actor]: run },
      },
    })
    expect(diffObjects(before, stamped('1'), options).change).toBe('none')
    expect(diffObjects(stamped('1'), stamped('2'), options).change).toBe('none')
  })

  test('replicas are no difference where an autoscaler has them', () => {
    const { before } = recorded('deployment')
    const scaled = { ...before, spec: { ...(before['spec'] as object), replicas: 9 } }
    expect(diffObjects(before, scaled, options).change).toBe('change')
    expect(diffObjects(before, scaled, { ...options, scaled: true }).change).toBe('none')
  })
})

test('what would be pruned is shown whole', () => {
  const { change, lines, added } = diffObjects(config({ a: '1' }), undefined, options)
  expect([change, added]).toEqual(['delete', 0])
  expect(lines.at(-1)).toBe('-  a: "1"')
})

test('neither object is an error', () => {
  expect(() => diffObjects(undefined, undefined, options)).toThrow(RangeError)
})

describe('Secrets', () => {
  const value = fc.string({ minLength: 4, unit: 'grapheme' })

  test('no value is shown, wherever it is written', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const before = secret({ password: Buffer.from(`»${one}«`).toString('base64') }, 'data')
        const { lines } = diffObjects(before, secret({ password: `»${other}«` }), options)
        for (const shown of [one, other].map((text) => `»${text}«`)) {
          expect(lines.join('\n')).not.toContain(shown)
          expect(lines.join('\n')).not.toContain(Buffer.from(shown).toString('base64'))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('equal values are equal however they are written, others are not', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const encoded = secret({ password: Buffer.from(one).toString('base64') }, 'data')
        expect(diffObjects(encoded, secret({ password: one }), options).change).toBe('none')
        const isSame = Buffer.from(one).equals(Buffer.from(other))
        expect(diffObjects(encoded, secret({ password: other }), options).change).toBe(isSame ? 'none' : 'change')
      }),
      { numRuns: 50 },
    )
  })

  test('a digest tells neither length nor what else has the value, and needs the key', () => {
    const shown = (digestKey: Uint8Array): string[] =>
      diffObjects(undefined, secret({ a: 'x', b: 'x', c: 'x'.repeat(5000) }), { ...options, digestKey }).lines.slice(-3)
    const digests = shown(options.digestKey)
    expect(new Set(digests.map((line) => line.length)).size).toBe(1)
    expect(new Set([...digests, ...shown(Buffer.alloc(32, 8))].map((line) => line.slice(5))).size).toBe(6)
  })

  test('kubectl’s copy of the whole object is not shown', () => {
    const annotated = secret({ a: 'x' })
    annotated.metadata.annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"a":"swordfish"}}',
    }
    expect(diffObjects(undefined, annotated, options).lines.join('\n')).not.toMatch(/swordfish|annotations/)
  })
})

describe('ConfigMaps', () => {
  test('texts are compared line by line, with the number of the line', () => {
    const text = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`)
    const { lines } = diffObjects(
      config({ 'app.conf': `${text.join('\n')}\n` }),
      config({ 'app.conf': `${text.with(29, 'changed').join('\n')}\n` }),
      options,
    )
    expect(lines).toEqual([
      '@@ data["app.conf"], line 30 @@',
      '     line 27',
      '     line 28',
      '     line 29',
      '-    line 30',
      '+    changed',
      '     line 31',
      '     line 32',
      '     line 33',
    ])
  })

  test('binary values are digests', () => {
    const binary = (text: string): KubeObject =>
      config({}, { binaryData: { logo: Buffer.from(text).toString('base64') } })
    const { lines } = diffObjects(binary('first'), binary('second'), options)
    expect(changedLines(lines)).toHaveLength(2)
    expect(lines.join('\n')).not.toContain(Buffer.from('second').toString('base64'))
  })

  test('a change far down a long line is seen', () => {
    const long = 'x'.repeat(5000)
    const { lines } = diffObjects(config({ a: `${long}1` }), config({ a: `${long}2` }), options)
    expect(changedLines(lines)).toHaveLength(2)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300)
  })

  test('1 MiB that differs in every line takes little time', () => {
    const text = (word: string): string => Array.from({ length: 70_000 }, (_, index) => `${word} ${index}`).join('\n')
    const start = performance.now()
    const { added, removed } = diffObjects(config({ a: text('before') }), config({ a: text('after') }), options)
    expect([added, removed]).toEqual([70_000, 70_000])
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('redaction', () => {
  const redact = (text: string): string =>
    text
      .replaceAll('hunter2', '***')
      .replaceAll(/first\nsecond/g, '***')
      .replaceAll('4711', '***')

  test('what is secret is hidden in values of one line and of several, in keys, and in numbers', () => {
    const object = config({ url: 'http://hunter2@x', text: 'a\nfirst\nsecond\nb', hunter2: 'x' }, { count: 4711 })
    expect(diffObjects(undefined, object, { ...options, redact }).lines.join('\n')).not.toMatch(/hunter2|first|4711/)
  })

  test('a change of what is hidden is told', () => {
    const [before, after] = [config({ a: 'hunter2' }), config({ a: '***' })]
    expect(diffObjects(before, after, { ...options, redact })).toMatchObject({
      change: 'change',
      lines: [' # only values that are hidden here differ'],
    })
  })
})
