/** `module.a["x"].aws_instance.b[0]` → `module.a.aws_instance.b`: the address in the configuration, without instance keys. */
export function configurationAddress(address: string): string {
  return address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, '')
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
