import { readFileSync } from 'node:fs'
import type { OperationName } from './operations.ts'

/** A JSON Schema. */
export type Schema = Record<string, unknown> & { $ref?: string }

/** What GitHub publishes about one operation: schemas of its parameters, its body and its replies by status. */
export interface OperationSlice {
  path: Schema
  query: Schema
  body: Schema | null
  bodyRequired: boolean
  responses: Record<string, Schema | null>
}

/** The committed part of GitHub's OpenAPI; `package` names where it was cut from. */
export interface Slice {
  package: string
  operations: Record<OperationName, OperationSlice>
  schemas: Record<string, Schema>
}

/** Reads `slice.json`. */
export function readSlice(): Slice {
  return JSON.parse(readFileSync(new URL('slice.json', import.meta.url), 'utf8'))
}
