import { crc32, deflateRawSync } from 'node:zlib'

/** A zip archive of executable files, as publishers make them (APPNOTE.TXT of PKWARE, without its 64-bit forms). */
export function zipOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const entries: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content, { level: 1 })
    const shared = sharedFields(name, content, packed)
    const entry = Buffer.concat([signature(0x04034b50), shared, Buffer.from(name), packed])
    entries.push(entry)
    directory.push(directoryEntry(name, shared, offset))
    offset += entry.length
  }
  const listed = Buffer.concat(directory)
  return Buffer.concat([...entries, listed, endOf(entries.length, listed.length, offset)])
}

/** From "version needed" to "extra field length", which an entry and its line in the directory have alike. */
function sharedFields(name: string, content: Buffer, packed: Buffer): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt16LE(0x21, 8)
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function directoryEntry(name: string, shared: Buffer, offset: number): Buffer {
  const madeByUnix = Buffer.of(20, 3)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE((0o100755 << 16) >>> 0, 6)
  rest.writeUInt32LE(offset, 10)
  return Buffer.concat([signature(0x02014b50), madeByUnix, shared, rest, Buffer.from(name)])
}

function endOf(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(18)
  end.writeUInt16LE(count, 4)
  end.writeUInt16LE(count, 6)
  end.writeUInt32LE(bytes, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([signature(0x06054b50), end])
}

function signature(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}
