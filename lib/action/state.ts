import * as core from '@actions/core'

/** What the main step leaves for its post step, which runs as another process of the same bundle. */
export interface StateSlot<T> {
  save(value: T): void
  /** `undefined` in the main step, when it never saved, or when it saved `undefined` last. */
  load(): T | undefined
}

export function stateSlot<T>(name: string): StateSlot<T> {
  return {
    save: (value) => core.saveState(name, JSON.stringify(value) ?? ''),
    load() {
      const text = core.getState(name)
      return text === '' ? undefined : (JSON.parse(text) as T)
    },
  }
}
