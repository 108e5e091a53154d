import { GetBucketLifecycleConfigurationCommand, type LifecycleRule } from '@aws-sdk/client-s3'
import type { Target } from './s3-calls.ts'

const DAY_MS = 86_400_000

/** Days after which a rule of the bucket deletes objects under `prefix`; `undefined` also when the rules can't be read. */
export async function expiryDays(target: Target, prefix: string): Promise<number | undefined> {
  const call = { action: 's3:GetLifecycleConfiguration', doing: 'read its lifecycle rules' }
  try {
    const { Rules = [] } = await target.call(call, (client, send) =>
      client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: target.bucket }), send),
    )
    return soonestExpiry(Rules, target.fullKey(prefix), new Date())
  } catch {
    return undefined
  }
}

/**
 * The fewest days of the rules that meet objects under `prefix` (of the bucket). Our objects carry no tags, so a rule for a
 * tag meets none ("Lifecycle configuration elements", Amazon S3 user guide).
 */
export function soonestExpiry(rules: readonly LifecycleRule[], prefix: string, now: Date): number | undefined {
  const days = rules.filter((rule) => meets(rule, prefix)).map((rule) => daysOf(rule, now))
  const known = days.filter((count) => count !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function meets({ Status, Filter, Prefix }: LifecycleRule, prefix: string): boolean {
  if (Status !== 'Enabled' || Filter?.Tag !== undefined || (Filter?.And?.Tags ?? []).length > 0) return false
  const ruled = Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? ''
  return ruled.startsWith(prefix) || prefix.startsWith(ruled)
}

function daysOf({ Expiration }: LifecycleRule, now: Date): number | undefined {
  if (Expiration?.Days !== undefined) return Expiration.Days
  if (Expiration?.Date === undefined) return undefined
  return Math.max(0, Math.floor((Expiration.Date.getTime() - now.getTime()) / DAY_MS))
}
