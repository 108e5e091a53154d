// Plain JavaScript, loaded before anything else: an older Node can't read the TypeScript that follows.
import { exit, versions } from 'node:process'

const needed = 24

if (Number.parseInt(versions.node, 10) < needed) {
  console.error(`This needs Node ${needed} or newer; this is Node ${versions.node}.`)
  console.error('On Linux x64 `npm ci` brings the right one by itself; elsewhere please install it from nodejs.org.')
  exit(1)
}
