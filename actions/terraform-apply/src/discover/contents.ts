import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitHub } from '../../../../lib/github/client.ts'
import type { TreeFile } from '../../../../lib/github/trees.ts'
import { gitBlob, withoutCarriageReturns } from '../closure/files.ts'
import { LINK, type ReadText } from './snapshot.ts'

/**
 * Reads files of any commit: from the checkout where it has that very content, else from GitHub. So whatever is checked
 * out, the answer is the commit's; a checkout of it only saves requests. Equal content is read once.
 */
export function contentReader(github: GitHub, checkout: string): ReadText {
  const known = new Map<string, Promise<string>>()
  return (file) => {
    const reading = known.get(file.sha) ?? readText(github, checkout, file)
    known.set(file.sha, reading)
    return reading
  }
}

async function readText(github: GitHub, checkout: string, file: TreeFile): Promise<string> {
  const found = await readCheckout(join(checkout, file.path), file).catch(() => undefined)
  const content = found && [found, withoutCarriageReturns(found)].find((bytes) => gitBlob(bytes) === file.sha)
  return (content ?? (await download(github, file.sha))).toString('utf8')
}

async function readCheckout(path: string, { mode }: TreeFile): Promise<Buffer> {
  return mode === LINK ? Buffer.from(await readlink(path)) : readFile(path)
}

async function download(github: GitHub, sha: string): Promise<Buffer> {
  const { data } = await github.rest.git.getBlob({ ...github.repository, file_sha: sha })
  return Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8')
}
