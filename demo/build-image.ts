// A process of its own, since building takes its time: prints the image of the example app as JSON.
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { argv, stdout } from 'node:process'
import { buildImage, type Image } from '../examples/app/test/support/image.ts'

export type { Image } from '../examples/app/test/support/image.ts'

function build(version: string): Image {
  const image = buildImage(resolve(import.meta.dirname, '../examples/app'), { VERSION: version })
  // The lab's base image brings Node.
  rmSync(join(image.root, 'usr'), { recursive: true })
  return image
}

if (import.meta.main) stdout.write(JSON.stringify(build(argv[2] ?? 'dev')))
