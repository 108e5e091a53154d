// npm run check: the quick part of `npm test`, for use while writing.
import { exit } from 'node:process'
import { jestStage, programStage, runStages } from './stages.ts'

exit(
  await runStages([
    programStage('type check', 'typescript/bin/tsc', ['-p', 'tsconfig.json']),
    programStage('lint and format', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
    jestStage('metadata', ['./test/metadata', './test/repository']),
    jestStage('unit tests', ['./lib/', './actions/[^/]+/src/', './scripts/']),
  ]),
)
