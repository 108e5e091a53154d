// A process that streams a generated object into a bucket and tells what it took: `node write-generated.ts <endpoint> <bucket> <MiB>`.
// Credentials come from the environment, as they do for an action.
import { createHash } from 'node:crypto'
import { argv, memoryUsage, resourceUsage, stdout } from 'node:process'
import { openStore } from '../../lib/s3/open.ts'
import { generatedChunk } from './generated.ts'

const [endpoint = '', bucket = '', mebibytes = '0'] = argv.slice(2)
const store = await openStore({ kind: 's3', bucket, prefix: 'generated', endpoint })
await store.put('warm-up', new Uint8Array(1))
const before = memoryUsage().rss
const hash = createHash('sha256')
const writer = store.write('big')
for (let index = 0; index < Number(mebibytes); index += 1) {
  const chunk = generatedChunk(index)
  hash.update(chunk)
  await writer.write(chunk)
}
const written = await writer.finish()
store.close()
const grownBytes = resourceUsage().maxRSS * 1024 - before
stdout.write(JSON.stringify({ ...written, expected: hash.digest('hex'), grownBytes }))
