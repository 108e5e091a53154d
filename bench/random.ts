/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  /** `digits` digits of lower-case hexadecimal. */
  hex(digits: number): string
}

/** SplitMix32: every seed, also a small one, starts a sequence of its own. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    const stirred = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (stirred ^ (stirred >>> 15)) >>> 0
  }
  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below)
  return {
    int,
    pick: (items) => items[int(items.length)] ?? items[0],
    hex: (digits) => Array.from({ length: digits }, () => int(16).toString(16)).join(''),
  }
}
