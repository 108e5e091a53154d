// The registry as a process of the cluster: `node registry-server.ts STORE ADDRESS PORT`.
import { argv } from 'node:process'
import { createRegistry } from './registry.ts'

const [store = '', address, port] = argv.slice(2)
createRegistry(store).listen(Number(port), address)
