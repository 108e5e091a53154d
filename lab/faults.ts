/** Which requests of a stand-in a fault meets: any method unless given, a path, and how often; without `times`, always. */
export interface Rule<Fault> {
  method?: string
  path: RegExp
  times?: number
  fault: Fault
}

/** The rules in force; the first that matches a request strikes. */
export interface Rules<Fault> {
  add(rule: Rule<Fault>): void
  clear(): void
}

interface Armed<Fault> extends Rule<Fault> {
  left: number
}

/** `take` finds the fault that strikes a request and counts it down. */
export function createRules<Fault>(): Rules<Fault> & { take(method: string, path: string): Fault | undefined } {
  let rules: Armed<Fault>[] = []
  return {
    add(rule) {
      rules.push({ ...rule, left: rule.times ?? Number.POSITIVE_INFINITY })
    },
    clear() {
      rules = []
    },
    take(method, path) {
      const rule = rules.find((one) => one.left > 0 && (one.method ?? method) === method && one.path.test(path))
      if (rule === undefined) return undefined
      rule.left -= 1
      return rule.fault
    },
  }
}
