// Loaded by `node --require` into a process that is measured: at its end, its peak of resident memory goes to a file.
// VmHWM belongs to the process's own memory since its exec, so neither its parent nor its children count.
const { appendFileSync, readFileSync } = require('node:fs')

const file = process.env.BENCH_PEAK_FILE

// For this process alone.
delete process.env.BENCH_PEAK_FILE
delete process.env.NODE_OPTIONS

process.on('exit', () => {
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  appendFileSync(file, `${kibibytes * 1024}\n`)
})
