// Jest transformer: Node erases the types and leaves spaces, so lines and columns of a stack stay exact without a source map.
import { stripTypeScriptTypes } from 'node:module'

export default { process: (source) => ({ code: stripTypeScriptTypes(source) }) }
