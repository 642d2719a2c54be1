import type { ChannelAllocation } from './rules.ts'

/** What a channel has of a variant for itself, with the moment from which on what leaves is counted beside what was said to be sold. */
export type Quota = {
  readonly variantId: string
  readonly channelId: string
  /** RFC 3339 UTC with milliseconds; '': from the first unit on. */
  readonly since: string
  /** Of a kit, of which the rows of its components tell; absent: of none. */
  readonly isKit?: boolean
}

/** Units of a quota that left after its moment; of a kit with those that are kept. */
export type Sold = Quota & { readonly units: number }

/** Every quota that rules give of a variant, in force or not, each once. */
export function quotasOf(
  allocations: readonly ChannelAllocation[],
  { variantId, categories, isKit }: Pick<Quota, 'variantId' | 'isKit'> & { readonly categories: readonly string[] },
): readonly Quota[] {
  const quotas: Quota[] = []
  for (const rule of allocations) {
    if (rule.mode !== 'RING_FENCED') continue
    if (rule.variantId !== null && rule.variantId !== variantId) continue
    if (rule.category !== null && !categories.includes(rule.category)) continue
    const { channelId } = rule
    const since = sinceOf(rule)
    if (!quotas.some((known) => known.channelId === channelId && known.since === since))
      quotas.push(isKit === true ? { variantId, channelId, since, isKit } : { variantId, channelId, since })
  }
  return quotas
}

/** Units that left of the quota of a rule, of the variant that `sold` is of. */
export function soldOf(rule: ChannelAllocation, sold: readonly Sold[]): number {
  const since = sinceOf(rule)
  const units = sold.find((one) => one.channelId === rule.channelId && one.since === since)?.units ?? 0
  // A kit that is begun is gone; thirds of one need not add up to a whole.
  return Math.ceil(units - 1e-6)
}

function sinceOf({ consumedAt }: ChannelAllocation): string {
  return consumedAt ?? ''
}
