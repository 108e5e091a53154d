// A folder of pages that grows, and is damaged.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FIRST = 60
const EACH = 12

/** What a night brings: new pages, and a link to the newest one. */
export function addPages(folder: string, night: number): void {
  const count = night === 1 ? FIRST : EACH * night
  for (let page = 1; page <= count; page++) {
    const picture = randomBytes(2000).toString('base64')
    writeFileSync(
      join(folder, `page-${night}-${page}.html`),
      `<h1>Page ${page}</h1><img src="data:;base64,${picture}">\n`,
    )
  }
  rmSync(join(folder, 'newest'), { force: true })
  symlinkSync(`page-${night}-${count}.html`, join(folder, 'newest'))
}

/** Some are deleted, one is changed, and the link becomes a file. */
export function damagePages(folder: string): void {
  for (const name of readdirSync(folder).filter((page) => page.endsWith('7.html'))) rmSync(join(folder, name))
  writeFileSync(join(folder, 'page-1-1.html'), 'Nothing to see here.')
  rmSync(join(folder, 'newest'))
  writeFileSync(join(folder, 'newest'), 'not a link')
}

/** Each with type, mode, owner, times, link and content's hash. */
export function pagesIn(folder: string): string[] {
  const list = execFileSync('find', ['.', '-type', 'f,l', '-printf', '%P %y %m %U:%G %T@ %l\\n'], { cwd: folder })
  const sums = execFileSync('sh', ['-c', 'sha256sum -- *.html'], { cwd: folder })
  const hashes = new Map(
    sums
      .toString()
      .trim()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  )
  return list
    .toString()
    .trim()
    .split('\n')
    .sort()
    .map((line) => `${line} ${hashes.get(line.split(' ')[0] ?? '') ?? ''}`)
}
