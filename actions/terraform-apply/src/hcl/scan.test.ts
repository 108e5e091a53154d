import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { attribute, literalText } from './block.ts'
import { scanJson } from './json.ts'
import { scanHcl } from './scan.ts'

const FILE = `# resource "no" "comment" {}
/* module "neither" {
} */
terraform {
  required_version = ">= 1.5, < 2.0" # the lock file has the rest
  backend "s3" {}
}

resource "aws_instance" "web" {
  tags  = { Name = "a } brace", list = [1, { two = 2 }] }
  user_data = <<-EOT
    resource "no" "heredoc" {
    \${templatefile("x", { a = "}" })}
  EOT
  lifecycle { prevent_destroy = true }
  name = "\${var.a ? "x { y" : "}"}$\${literal}%%{literal}" // end
}
module network { source = "../network" }
variable "one" { default = "{" } # one line
output "last" {
  value = [
    for x in var.list : x
    if x != "]" # a comment with ]
  ]
}
`

const headers = (text: string) =>
  scanHcl(text).map(({ type, labels, line }) => `${line} ${[type, ...labels].join(' ')}`)

describe('HCL', () => {
  test('blocks stand at their lines, and what only looks like one is none', () => {
    const found = [
      '4 terraform',
      '9 resource aws_instance web',
      '18 module network',
      '19 variable one',
      '20 output last',
    ]
    expect(headers(FILE)).toEqual(found)
    expect(headers(FILE.replaceAll('\n', '\r\n'))).toEqual(found)
    expect(headers(`\uFEFF${FILE}`)).toEqual(found)
  })

  test('attributes keep their source and line, nested blocks their place', () => {
    const [terraform, instance, network] = scanHcl(FILE)
    expect(terraform?.attributes).toEqual([{ name: 'required_version', line: 5, source: '">= 1.5, < 2.0"' }])
    expect(terraform?.blocks.map(({ type, labels, line }) => [type, labels, line])).toEqual([['backend', ['s3'], 6]])
    expect(instance?.attributes.map(({ name, line }) => [name, line])).toEqual([
      ['tags', 10],
      ['user_data', 11],
      ['name', 16],
    ])
    expect(instance?.blocks[0]).toMatchObject({ type: 'lifecycle', line: 15 })
    expect(network && literalText(attribute(network, 'source'))).toBe('../network')
  })

  test('any prefix of a file, and any text, is scanned without an error', () => {
    for (let end = 0; end <= FILE.length; end++) expect(() => scanHcl(FILE.slice(0, end))).not.toThrow()
    const pieces = fc.constantFrom(
      '"',
      '${',
      '}',
      '{',
      '[',
      ']',
      '<<E',
      '\n',
      '\\',
      '/*',
      '#',
      'a',
      '=',
      ' ',
      '%{',
      'E',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        scanHcl(parts.join(''))
      }),
      { numRuns: 2000 },
    )
  })

  test('whatever stands before a block of its own, its line is right', () => {
    const before = fc.array(
      fc.constantFrom('a = 1', 'b "c" { d = [1] }', '# x', 'e = <<T\n"{\nT', '/* \n */', '', 'f = "${"}"}"'),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(before, (lines) => {
        const text = `${[...lines, 'resource "t" "last" {'].join('\n')}\n}\n`
        expect(scanHcl(text).at(-1)).toMatchObject({ labels: ['t', 'last'], line: text.split('\n').length - 2 })
      }),
    )
  })

  test('a million of the worst pieces take a moment', () => {
    for (const piece of ['${"', '<<E\n', '{', '/*', 'a {', '"']) {
      const startedAt = performance.now()
      expect(() => scanHcl(piece.repeat(1_000_000))).not.toThrow()
      expect(performance.now() - startedAt).toBeLessThan(5_000)
    }
  })
})

describe('JSON', () => {
  const text = `{
  "terraform": [{ "required_version": "~> 1.9" }],
  "module": {
    "network": { "source": "../network" }
  },
  "resource": [
    { "aws_instance": { "web": [{ "lifecycle": { "prevent_destroy": true } }],
      "db": {} } }
  ]
}`

  test('has the same blocks', () => {
    const blocks = scanJson(text)
    expect(blocks.map(({ type, labels, line }) => `${line} ${[type, ...labels].join(' ')}`)).toEqual([
      '2 terraform',
      '4 module network',
      '7 resource aws_instance web',
      '8 resource aws_instance db',
    ])
    expect(blocks[1] && literalText(attribute(blocks[1], 'source'))).toBe('../network')
    expect(blocks[2]?.blocks[0]).toMatchObject({ type: 'lifecycle' })
  })

  test.each(['', 'null', '[]', '{', '{"resource": 7}', '{"resource": {"a": [1, "b", null]}}', '"x"', '{a: &x [*x]}'])(
    '%s has no blocks and no error',
    (broken) => expect(scanJson(broken)).toEqual([]),
  )
})

describe('literal texts', () => {
  test.each<[string, string | undefined]>([
    ['"a"', 'a'],
    [String.raw`"a\"b\\c\nd\u00e9"`, 'a"b\\c\ndé'],
    ['"$${a}%%{b}"', '${a}%{b}'],
    ['"${var.a}"', undefined],
    ['"a" + "b"', undefined],
    ['var.a', undefined],
    ['', undefined],
  ])('%s is %j', (source, text) => expect(literalText(source)).toBe(text))
})
