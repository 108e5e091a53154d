import { describe, expect, test } from '@jest/globals'
import { createMasker } from './masker.ts'
import { createStepLog, type StepLog } from './step-log.ts'

function logOf(lines: readonly string[], options: { secrets?: string[]; debug?: boolean } = {}): StepLog {
  const masker = createMasker()
  for (const secret of options.secrets ?? []) masker.add(secret)
  const log = createStepLog({ masker, workspace: '/ws', debug: options.debug ?? false, onLine: () => undefined })
  for (const line of lines) log.accept(line)
  return log
}

describe('annotations', () => {
  test('carry title and place, relative to the workspace', () => {
    const { annotations, lines } = logOf([
      '::error file=/ws/infra/a.tf,line=3,endLine=3,col=2,endColumn=9,title=Bad::no',
      '::notice::n',
    ])
    expect(annotations).toEqual([
      { level: 'error', message: 'no', title: 'Bad', file: 'infra/a.tf', line: 3, endLine: 3, col: 2, endColumn: 9 },
      { level: 'notice', message: 'n' },
    ])
    expect(lines).toEqual(['Error: no', 'Notice: n'])
  })

  test.each([
    ['line=5,endLine=3', {}],
    ['line=3,endLine=5,col=1,endColumn=2', { line: 3, endLine: 5 }],
    ['col=1', {}],
    ['endLine=4', { line: 4, endLine: 4 }],
    ['line=4,endColumn=2', { line: 4, col: 2, endColumn: 2 }],
    ['line=4,col=5,endColumn=2', { line: 4 }],
    ['line=x', {}],
  ])('a place that makes no sense is dropped: %s', (properties, place) => {
    expect(logOf([`::warning file=a.tf,${properties}::m`]).annotations).toEqual([
      { level: 'warning', message: 'm', file: 'a.tf', ...place },
    ])
  })

  test('ten of each level; the rest stand in the log only', () => {
    const many = Array.from({ length: 12 }, (_, index) => [`::error::e${index}`, `::warning::w${index}`]).flat()
    const log = logOf(many)
    expect(log.annotations).toHaveLength(20)
    expect(log.dropped).toBe(4)
    expect(log.lines).toContain('Error: e11')
  })

  test('are masked, and cut at 4,096 characters', () => {
    const [annotation] = logOf([`::error title=my-key::my-key${'x'.repeat(5000)}`], { secrets: ['my-key'] }).annotations
    expect(annotation).toMatchObject({ title: '***', message: `***${'x'.repeat(4093)}` })
  })
})

describe('masks', () => {
  test('hold from their line on, for lines and groups, and are not shown themselves', () => {
    const log = logOf(['abc123', '::add-mask::abc123', 'x abc123 y', '::group::of abc123', '::endgroup::'])
    expect(log.lines).toEqual(['abc123', 'x *** y', 'of ***'])
    expect(log.groups).toEqual([{ title: 'of ***', lines: [] }])
    expect(log.masks).toEqual(['abc123'])
    expect(log.raw).toContain('x abc123 y')
  })

  test('an empty one is a warning', () => {
    expect(logOf(['::add-mask:: ']).annotations).toHaveLength(1)
  })
})

describe('stop-commands', () => {
  test('makes commands plain text until the token', () => {
    const log = logOf(['::stop-commands::tok-1', '::error::no', '##[error]no', '::TOK-1::', '::error::yes'])
    expect(log.annotations).toEqual([{ level: 'error', message: 'yes' }])
    expect(log.lines).toEqual(['::stop-commands::tok-1', '::error::no', '##[error]no', '::TOK-1::', 'Error: yes'])
  })

  test.each(['', 'pause-logging', 'Error'])('refuses the token %j and goes on obeying', (token) => {
    const log = logOf([`::stop-commands::${token}`, '::notice::still'])
    expect(log.failed).toBe(true)
    expect(log.annotations.at(-1)).toEqual({ level: 'notice', message: 'still' })
  })
})

describe('other commands', () => {
  test('groups hold their lines; a new one closes the old', () => {
    const { groups } = logOf(['0', '::group::A', '1', '##[group]B', '2', '::endgroup::', '3'])
    expect(groups).toEqual([
      { title: 'A', lines: ['1'] },
      { title: 'B', lines: ['2'] },
    ])
  })

  test('debug lines are shown on request', () => {
    expect(logOf(['::debug::d']).lines).toEqual([])
    expect(logOf(['::debug::d'], { debug: true }).lines).toEqual(['##[debug]d'])
  })

  test('set-output and save-state work with a warning; without a name they fail the step', () => {
    const log = logOf(['::set-output name=a::1', '::save-state name=b::2'])
    expect([log.outputs, log.state]).toEqual([new Map([['a', '1']]), new Map([['b', '2']])])
    expect(log.annotations.map(({ level }) => level)).toEqual(['warning', 'warning'])
    expect(log.failed).toBe(false)
    expect(logOf(['::set-output::1']).failed).toBe(true)
  })

  test.each(['::set-env name=A::1', '::add-path::/x'])('%s is disabled and fails the step', (line) => {
    expect(logOf([line]).failed).toBe(true)
  })
})
