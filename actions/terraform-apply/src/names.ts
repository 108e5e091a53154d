/** One line of printable text, so that it stays one in a comment's heading, a check's name and a command. */
export function isRootName(name: string): boolean {
  return /^[\w.][\w./-]{0,99}$/.test(name) && !/^[0-9a-f]{12,64}$/i.test(name)
}

export function isWorkspaceName(name: string): boolean {
  return /^[\w.][\w.-]{0,89}$/.test(name)
}
