import { BackupError } from '../failure.ts'

/**
 * The text as one word of a POSIX shell: whatever it holds, sh hands it on as it is (Shell Command Language, 2.2.2).
 *
 * @throws BackupError `invalid-input` for a NUL, which no argument can hold
 */
export function quote(text: string): string {
  if (text.includes('\0')) {
    throw new BackupError('invalid-input', 'An argument or a variable of a program holds a NUL, which none can.')
  }
  return `'${text.replaceAll("'", "'\\''")}'`
}
