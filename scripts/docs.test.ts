import { describe, expect, test } from '@jest/globals'
import { withTables } from './docs.ts'

const empty = '# x\n<!-- inputs -->\nold\n<!-- /inputs -->\nbetween\n<!-- outputs -->\n<!-- /outputs -->\nend\n'
const actionYml = `
inputs:
  mode: { description: What to do, default: auto }
  plan-key: { description: "Secret, a | b", required: true }
  protected: { description: "One\\n\\ntwo\\nthree", default: "a_*\\nb|c\\n" }
outputs:
  changed: { description: Whether }
`

describe('withTables', () => {
  test('fills both places and leaves the rest', () => {
    expect(withTables(empty, actionYml)).toBe(`# x
<!-- inputs -->

| input | default | meaning |
| --- | --- | --- |
| \`mode\` | \`auto\` | What to do |
| \`plan-key\` | required | Secret, a \\| b |
| \`protected\` | \`a_*\`<br>\`b\\|c\` | One<br><br>two three |

<!-- /inputs -->
between
<!-- outputs -->

| output | meaning |
| --- | --- |
| \`changed\` | Whether |

<!-- /outputs -->
end
`)
  })

  test('is stable, so that a check can compare', () => {
    const once = withTables(empty, actionYml)
    expect(withTables(once, actionYml)).toBe(once)
  })

  test('a missing place is an error that names it', () => {
    expect(() => withTables('<!-- inputs -->\n<!-- /inputs -->', actionYml)).toThrow('<!-- outputs -->')
  })

  test('text that looks like a replacement pattern stays as it is', () => {
    expect(withTables(empty, 'inputs: { a: { description: "costs $1 $& $$" } }')).toContain('costs $1 $& $$')
  })
})
