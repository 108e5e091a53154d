import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Reads one file out of a published npm package without installing it: GitHub's description is hundreds of megabytes on
 * disk, and only a slice of it is committed.
 *
 * @param spec exact package and version, `@octokit/openapi@23.0.2`
 * @param file path inside the package
 * @throws when npm can't fetch the package or it holds no such file
 */
export function readFromPackage(spec: string, file: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ondol-pack-'))
  try {
    const packed = JSON.parse(execFileSync('npm', ['pack', '--json', spec], { cwd: folder, encoding: 'utf8' }))
    execFileSync('tar', ['-xzf', packed[0].filename, `package/${file}`], { cwd: folder })
    return readFileSync(join(folder, 'package', file), 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
