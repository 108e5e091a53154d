import { readFile } from 'node:fs/promises'
import { type Plan, readPlan } from '../plan/format.ts'

/** Reads the plan in a file of JSON. Throws as `readFile` and `readPlan`. */
export async function readPlanFile(file: string): Promise<Plan> {
  const bytes = await readFile(file)
  try {
    return readPlan(bytes)
  } finally {
    release(bytes)
  }
}

/**
 * Gives the memory of a large text back at once; the collector would let it lie for most of the run. A small one may share
 * its memory with others.
 */
function release({ buffer, byteLength }: Buffer<ArrayBuffer>): void {
  if (buffer.byteLength === byteLength) buffer.transfer(0)
}
