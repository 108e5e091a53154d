import * as core from '@actions/core'

export type OutputValue = string | number | boolean

/** Sets the outputs that have a value; an absent one stays unset, which an expression reads as the empty string. */
export function setOutputs<Name extends string>(values: Partial<Record<Name, OutputValue>>): void {
  for (const [name, value] of Object.entries<OutputValue | undefined>(values)) {
    if (value !== undefined) core.setOutput(name, value)
  }
}
