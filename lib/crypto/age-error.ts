/**
 * An age file that can't be decrypted. `wrong-key`: it is for other recipients (or the part of its header that is for
 * these was damaged, which looks the same). `corrupt`: it was changed or cut, or is no age file. The message is a clause
 * about "it".
 */
export class AgeError extends Error {
  override readonly name = 'AgeError'
  readonly kind: 'wrong-key' | 'corrupt'

  constructor(kind: 'wrong-key' | 'corrupt', message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }
}
