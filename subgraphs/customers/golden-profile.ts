import type { FactOrigin } from '../../platform/connector/fact.ts'
import { type IdentifierKind, identifierKinds } from './identifiers.ts'
import type { LinkRow, ProfileRow } from './reads.ts'

export type CustomerView = {
  readonly id: string
  readonly displayName: string | null
  readonly company: string | null
  readonly identifiers: readonly GoldenIdentifier[]
  readonly addresses: ProfileRow['addresses']
  readonly profiles: readonly SourceProfileView[]
  readonly origin: FactOrigin
}

export type GoldenIdentifier = {
  readonly kind: IdentifierKind
  readonly value: string
  readonly verified: boolean
  readonly systems: readonly string[]
}

export type SourceProfileView = {
  readonly id: string
  readonly system: string
  readonly externalId: string
  readonly name: string | null
  readonly linkedBy: LinkRow['rule']
  readonly linkedAt: string
  readonly origin: FactOrigin
}

export type LinkedProfileRow = { readonly profile: ProfileRow; readonly link: LinkRow }

/**
 * What is told of a customer from all that its profiles say: a proved value before a claimed one, then the more
 * trusted source's, then the newest. Nothing of the others is lost: they stay in `profiles`.
 * @param sourcePriority system ids, the most trusted first; others come after them
 * @returns null without a profile
 */
export function toCustomerView(
  id: string,
  linked: readonly LinkedProfileRow[],
  sourcePriority: readonly string[],
): CustomerView | null {
  const rankOf = (system: string) => {
    const rank = sourcePriority.indexOf(system)
    return rank === -1 ? sourcePriority.length : rank
  }
  const trusted = linked
    .map(({ profile }) => profile)
    .sort(
      (a, b) =>
        verifiedCount(b) - verifiedCount(a) ||
        rankOf(a.system) - rankOf(b.system) ||
        compare(b.origin.receivedAt, a.origin.receivedAt) ||
        compare(a.id, b.id),
    )
  const [first] = trusted
  if (first === undefined) return null
  const newest = trusted.reduce((a, b) => (b.origin.receivedAt > a.origin.receivedAt ? b : a))
  return {
    id,
    displayName: trusted.find(({ name }) => name !== null)?.name ?? null,
    company: trusted.find(({ company }) => company !== null)?.company ?? null,
    identifiers: toIdentifiers(trusted),
    addresses: distinct(trusted.flatMap(({ addresses }) => addresses)),
    profiles: linked.map(({ profile, link }) => ({
      id: profile.id,
      system: profile.system,
      externalId: profile.externalId,
      name: profile.name,
      linkedBy: link.rule,
      linkedAt: link.linkedAt,
      origin: profile.origin,
    })),
    origin: newest.origin,
  }
}

/** Whether a system proved whom it speaks of: profiles with a proved contact speak first. */
function verifiedCount(profile: ProfileRow): number {
  return profile.identifiers.some(({ strength }) => strength === 'STRONG') ? 1 : 0
}

function toIdentifiers(profiles: readonly ProfileRow[]): readonly GoldenIdentifier[] {
  const byName = new Map<string, GoldenIdentifier>()
  for (const { system, identifiers } of profiles) {
    for (const { kind, value, verified } of identifiers) {
      const name = `${kind}:${value}`
      const known = byName.get(name)
      const systems = new Set([...(known?.systems ?? []), system])
      byName.set(name, { kind, value, verified: verified || known?.verified === true, systems: [...systems].sort() })
    }
  }
  // Sorting is stable: among equals the more trusted profile's stay first.
  return [...byName.values()].sort(
    (a, b) =>
      identifierKinds.indexOf(a.kind) - identifierKinds.indexOf(b.kind) || Number(b.verified) - Number(a.verified),
  )
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
