/** What the folder offers: a report as comment bodies, as one text, and as a title. */
export { beginBody, commentBodies } from './comment.ts'
export { bodyPieces, changesIn, fullReport, isIdle, messageBlocks, reportText, titleOf } from './document.ts'
export type { Begun } from './fit.ts'
export type * from './model.ts'
export type { Progress } from './progress.ts'
