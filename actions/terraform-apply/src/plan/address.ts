import { canonicalJson } from '../../../../lib/crypto/fingerprint.ts'
import type { Json } from './json.ts'

/** `module.a["x"].aws_instance.b[0]` → `module.a.aws_instance.b`: the address in the configuration, without instance keys. */
export function configurationAddress(address: string): string {
  return address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '')
}

/** `a.b[0].c`: the steps from an object down to a value, as in Terraform's `replace_paths`. */
export function pathText(path: readonly Json[]): string {
  return path
    .map((step, index) => (typeof step === 'string' ? dotted(step, index) : `[${canonicalJson(step)}]`))
    .join('')
}

function dotted(name: string, index: number): string {
  return index === 0 ? name : `.${name}`
}

/**
 * A glob over addresses, types or `address.attribute`: `*` stands for any characters, `?` for one; brackets are
 * themselves, because addresses are full of them.
 */
export function globToPattern(glob: string): RegExp {
  const source = glob.replace(/[\\^$.*+?()[\]{}|]/g, (character) => {
    if (character === '*') return '.*'
    return character === '?' ? '.' : `\\${character}`
  })
  return new RegExp(`^${source}$`, 'su')
}

/** Does any of the globs match? */
export function matcher(globs: readonly string[]): (value: string) => boolean {
  const patterns = globs.map(globToPattern)
  return (value) => patterns.some((pattern) => pattern.test(value))
}
