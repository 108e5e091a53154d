import { start } from '../../../lib/action/start.ts'
import { run } from './main.ts'
import { cleanUp } from './post.ts'

await start({ main: () => run(process.env), post: () => cleanUp(process.env) })
