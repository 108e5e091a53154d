import { expect, test } from '@jest/globals'
import { configurationAddress, globToPattern, matcher, pathText } from './address.ts'
import type { Json } from './json.ts'

test.each([
  ['aws_instance.a', 'aws_instance.a'],
  ['aws_instance.a[0]', 'aws_instance.a'],
  ['aws_instance.a["x"]', 'aws_instance.a'],
  ['module.m["a.b"].aws_instance.a[12]', 'module.m.aws_instance.a'],
  ['module.m["]"].module.n[0].data.x.y["[0]"]', 'module.m.module.n.data.x.y'],
  ['module.m["\\"]x"].a.b', 'module.m.a.b'],
  ['a.b[""]', 'a.b'],
])('%s is %s in the configuration', (address, expected) => {
  expect(configurationAddress(address)).toBe(expected)
})

test.each([
  ['aws_db_*', 'aws_db_instance'],
  ['*', 'anything at all'],
  ['*', ''],
  ['a.b[0]', 'a.b[0]'],
  ['a.b["*"]', 'a.b["x"]'],
  ['a.?[0]', 'a.b[0]'],
  ['module.*.aws_s3_bucket.*', 'module.a["x"].aws_s3_bucket.logs[0]'],
  ['a|b', 'a|b'],
  ['a.b', 'a.b'],
  ['*x', 'line\nx'],
])('%s matches %j', (glob, value) => {
  expect(globToPattern(glob).test(value)).toBe(true)
})

test.each([
  ['aws_db_*', 'xaws_db_instance'],
  ['aws_db', 'aws_db_instance'],
  ['a.b', 'axb'],
  ['a.b[0]', 'a.b0'],
  ['a|b', 'a'],
  ['?', ''],
  ['', 'a'],
  ['A', 'a'],
])('%s does not match %j', (glob, value) => {
  expect(globToPattern(glob).test(value)).toBe(false)
})

test('no glob matches nothing', () => {
  expect(matcher([])('')).toBe(false)
  expect(matcher(['a', 'b*'])('bc')).toBe(true)
})

test.each<[Json[], string]>([
  [['a'], 'a'],
  [['disk', 0, 'type'], 'disk[0].type'],
  [['rule', { port: 80, toString: 1 }, 'name'], 'rule[{"port":80,"toString":1}].name'],
  [['flags', true, null], 'flags[true][null]'],
  [[], ''],
])('the path %j', (path, text) => {
  expect(pathText(path)).toBe(text)
})
