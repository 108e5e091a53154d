import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseCommand, registeredCommands } from './command.ts'

const parse = (line: string) => parseCommand(line, (name) => registeredCommands.includes(name))

describe('parseCommand', () => {
  test.each([
    ['::error::broken', 'error', {}, 'broken'],
    ['  \t::warning file=a.tf,line=3::x::y', 'warning', { file: 'a.tf', line: '3' }, 'x::y'],
    ['::ERROR Title=a%3Ab%2Cc%250A::one%0Atwo%250A', 'error', { title: 'a:b,c%0A' }, 'one\ntwo%0A'],
    ['##[error]old', 'error', {}, 'old'],
    ['text before ##[warning file=a%3Bb;line=2]rest %5D', 'warning', { file: 'a;b', line: '2' }, 'rest ]'],
    ['::notice ,=x,file=,title=t::m', 'notice', { title: 't' }, 'm'],
  ])('%s', (line, name, properties, data) => {
    expect(parse(line)).toEqual({ name, properties: new Map(Object.entries(properties)), data })
  })

  test.each(['plain', 'text ::error::m', '::error:m', '::unknown::m', '##[unknown]m', '::::', ''])(
    '%j is plain text',
    (line) => {
      expect(parse(line)).toBeNull()
    },
  )

  test('what the toolkit escapes comes back as it was', () => {
    const escapeData = (value: string): string =>
      value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
    const escapeProperty = (value: string): string => escapeData(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), (title, message) => {
        const command = parse(`::error title=${escapeProperty(title)}::${escapeData(message)}`)
        expect(command?.properties.get('title')).toBe(title)
        expect(command?.data).toBe(message)
      }),
    )
  })
})
