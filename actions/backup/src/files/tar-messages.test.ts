import { expect, test } from '@jest/globals'
import { readTarMessage } from './tar-messages.ts'

test.each([
  ['tar: var/a: file changed as we read it', 'changed', 'var/a', 'file changed as we read it'],
  ['tar: a: File shrank by 5 bytes; padding with zeros', 'changed', 'a', 'File shrank by 5 bytes; padding with zeros'],
  ['tar: a: File removed before we read it', 'vanished', 'a', 'File removed before we read it'],
  ['tar: a: Cannot stat: No such file or directory', 'vanished', 'a', 'No such file or directory'],
  ['tar: a: Cannot open: Permission denied', 'unreadable', 'a', 'Permission denied'],
  ['tar: a: Warning: Cannot open: Permission denied', 'unreadable', 'a', 'Permission denied'],
  ['tar: a: Cannot open: x: Cannot open: Permission denied', 'unreadable', 'a: Cannot open: x', 'Permission denied'],
  ['tar: \\303\\251\\n\\\\x: Cannot open: Permission denied', 'unreadable', '\xc3\xa9\n\\x', 'Permission denied'],
  [
    'tar: a: Read error at byte 0, while reading 512 bytes: Input/output error',
    'unreadable',
    'a',
    'Read error at byte 0, while reading 512 bytes: Input/output error',
  ],
  ["tar: can't open './var/a': Permission denied", 'unreadable', 'var/a', 'Permission denied'],
  ["tar: can't open './var/a': No such file or directory", 'vanished', 'var/a', 'No such file or directory'],
  ['gtar: ./a: Cannot open: Permission denied', 'unreadable', 'a', 'Permission denied'],
])('%p', (line, kind, path, detail) => {
  expect(readTarMessage(line)).toEqual({ kind, path, detail })
})

test.each([
  'tar: var/run.sock: socket ignored',
  'tar: Exiting with failure status due to previous errors',
  "tar: Removing leading `/' from member names",
  'tar: error exit delayed from previous errors',
])('noise: %p', (line) => {
  expect(readTarMessage(line)).toBe('noise')
})

test.each(['tar: write error', 'tar: -: Wrote only 4096 of 10240 bytes', 'tar: Memory exhausted', 'anything'])(
  'unknown: %p',
  (line) => {
    expect(readTarMessage(line)).toBe('unknown')
  },
)
