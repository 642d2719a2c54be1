import type { LinkRule } from './events.ts'
import type { Identifier, IdentifierKind } from './identifiers.ts'

/** A profile as linking remembers it. `aliasIds` follow their profile wherever it goes. */
export type LinkedProfile = {
  readonly profileId: string
  readonly customerId: string | null
  readonly identifiers: readonly LinkingIdentifier[]
  readonly aliasIds: readonly string[]
}

/** Only identifiers that may link: UNIQUE and STRONG ones. */
export type LinkingIdentifier = Pick<Identifier, 'kind' | 'namespace' | 'value'> & {
  readonly strength: 'UNIQUE' | 'STRONG'
}

export type Link = {
  readonly profileId: string
  readonly customerId: string
  readonly previousCustomerId: string | null
  readonly rule: LinkRule
  readonly evidence: readonly IdentifierKind[]
}

/** More profiles than a person has: beyond it something is shared that is nobody's own. */
export const maxProfilesPerCustomer = 8

/** The part of the identity graph one batch can touch. Changed by `linkProfile` as it decides. */
export type LinkingState = {
  readonly profiles: Map<string, LinkedProfile>
  /** Profile ids by the name of an identifier. */
  readonly holders: Map<string, Set<string>>
  /** Profile ids by customer. */
  readonly members: Map<string, Set<string>>
  /** The profile whose alias an id is; the first to claim it keeps it. */
  readonly aliasOwners: Map<string, string>
}

export function createLinkingState(
  profiles: readonly LinkedProfile[],
  aliases: readonly { readonly aliasId: string; readonly profileId: string }[],
): LinkingState {
  const state: LinkingState = { profiles: new Map(), holders: new Map(), members: new Map(), aliasOwners: new Map() }
  for (const { aliasId, profileId } of aliases) state.aliasOwners.set(aliasId, profileId)
  for (const profile of profiles) place(state, profile)
  return state
}

/**
 * Decides which customer a changed profile belongs to. It joins those it shares a UNIQUE or STRONG identifier with,
 * unless a UNIQUE one disagrees or the customer would have too many profiles; nothing it was linked by before is undone.
 * @returns the links that are new, in order; none when all stays
 */
export function linkProfile(
  state: LinkingState,
  changed: Omit<LinkedProfile, 'customerId'>,
  mintCustomerId: () => string,
): readonly Link[] {
  const known = state.profiles.get(changed.profileId)
  const aliasIds = [...new Set([...(known?.aliasIds ?? []), ...claimAliases(state, changed)])]
  const profile = { ...changed, aliasIds, customerId: known?.customerId ?? null }
  place(state, profile)
  const links: Link[] = []
  for (const candidate of candidatesOf(state, profile)) {
    const current = state.profiles.get(profile.profileId)?.customerId ?? null
    if (current === candidate.customerId || !mayJoin(state, profile.profileId, current, candidate.customerId)) continue
    const [from, to] =
      current === null ? [null, candidate.customerId] : survivorLast(state, current, candidate.customerId)
    const moving = from === null ? [profile.profileId] : [...(state.members.get(from) ?? [])].sort()
    for (const profileId of moving) links.push(...move(state, profileId, to, candidate))
  }
  const decided = state.profiles.get(profile.profileId)
  if (decided !== undefined && decided.customerId === null) {
    links.push(...move(state, profile.profileId, mintCustomerId(), { rule: 'FIRST_SEEN', evidence: [] }))
  } else if (known !== undefined && decided?.customerId != null) {
    const added = aliasIds.filter((aliasId) => !known.aliasIds.includes(aliasId))
    const { customerId } = decided
    links.push(
      ...added.map((profileId) => ({
        profileId,
        customerId,
        previousCustomerId: null,
        rule: 'SHARED_UNIQUE_IDENTIFIER' as const,
        evidence: [],
      })),
    )
  }
  return links
}

type Candidate = { readonly customerId: string; readonly rule: LinkRule; readonly evidence: readonly IdentifierKind[] }

/** Customers the profile shares a linking identifier with: the surest first, then the oldest. */
function candidatesOf(state: LinkingState, profile: LinkedProfile): readonly Candidate[] {
  const shared = new Map<string, LinkingIdentifier[]>()
  for (const identifier of profile.identifiers) {
    for (const holder of state.holders.get(nameOf(identifier)) ?? []) {
      const customerId = state.profiles.get(holder)?.customerId ?? null
      if (holder === profile.profileId || customerId === null) continue
      shared.set(customerId, [...(shared.get(customerId) ?? []), identifier])
    }
  }
  return [...shared]
    .map(([customerId, identifiers]) => ({
      customerId,
      rule: identifiers.some(({ strength }) => strength === 'UNIQUE')
        ? ('SHARED_UNIQUE_IDENTIFIER' as const)
        : ('SHARED_STRONG_IDENTIFIER' as const),
      evidence: [...new Set(identifiers.map(({ kind }) => kind))].sort(),
    }))
    .sort((a, b) => {
      if (a.rule !== b.rule) return a.rule === 'SHARED_UNIQUE_IDENTIFIER' ? -1 : 1
      return a.customerId < b.customerId ? -1 : 1
    })
}

function mayJoin(state: LinkingState, profileId: string, current: string | null, other: string): boolean {
  const mine = current === null ? [profileId] : [...(state.members.get(current) ?? [])]
  const theirs = [...(state.members.get(other) ?? [])]
  if (mine.length + theirs.length > maxProfilesPerCustomer) return false
  const ours = uniqueValues(state, mine)
  return [...uniqueValues(state, theirs)].every(([scope, values]) => {
    const own = ours.get(scope)
    return own === undefined || [...values].some((value) => own.has(value))
  })
}

/** A relay address tells customers of one channel apart but a customer may have several: no disagreement in that. */
function uniqueValues(state: LinkingState, profileIds: readonly string[]): ReadonlyMap<string, Set<string>> {
  const values = new Map<string, Set<string>>()
  for (const profileId of profileIds) {
    for (const { kind, namespace, value, strength } of state.profiles.get(profileId)?.identifiers ?? []) {
      if (strength !== 'UNIQUE' || kind === 'EMAIL') continue
      const scope = JSON.stringify([kind, namespace])
      values.set(scope, (values.get(scope) ?? new Set()).add(value))
    }
  }
  return values
}

/** The one with fewer profiles joins the other; of equal ones the younger joins the older. Ids sort by age. */
function survivorLast(state: LinkingState, a: string, b: string): readonly [joins: string, stays: string] {
  const sizeOf = (id: string) => state.members.get(id)?.size ?? 0
  if (sizeOf(a) !== sizeOf(b)) return sizeOf(a) < sizeOf(b) ? [a, b] : [b, a]
  return a < b ? [b, a] : [a, b]
}

function move(
  state: LinkingState,
  profileId: string,
  customerId: string,
  { rule, evidence }: Pick<Candidate, 'rule' | 'evidence'>,
): readonly Link[] {
  const profile = state.profiles.get(profileId)
  if (profile === undefined) return []
  const previousCustomerId = profile.customerId
  place(state, { ...profile, customerId })
  return [profileId, ...profile.aliasIds].map((id) => ({
    profileId: id,
    customerId,
    previousCustomerId,
    rule,
    evidence,
  }))
}

function claimAliases(state: LinkingState, profile: Omit<LinkedProfile, 'customerId'>): readonly string[] {
  return profile.aliasIds.filter((aliasId) => {
    const owner = state.aliasOwners.get(aliasId) ?? profile.profileId
    state.aliasOwners.set(aliasId, owner)
    return owner === profile.profileId
  })
}

function place(state: LinkingState, profile: LinkedProfile): void {
  const before = state.profiles.get(profile.profileId)
  for (const identifier of before?.identifiers ?? []) state.holders.get(nameOf(identifier))?.delete(profile.profileId)
  if (before?.customerId != null) state.members.get(before.customerId)?.delete(profile.profileId)
  state.profiles.set(profile.profileId, profile)
  for (const identifier of profile.identifiers) add(state.holders, nameOf(identifier), profile.profileId)
  if (profile.customerId !== null) add(state.members, profile.customerId, profile.profileId)
}

function add(index: Map<string, Set<string>>, key: string, value: string): void {
  const set = index.get(key)
  if (set === undefined) index.set(key, new Set([value]))
  else set.add(value)
}

export function nameOf({ kind, namespace, value }: Pick<Identifier, 'kind' | 'namespace' | 'value'>): string {
  return JSON.stringify([kind, namespace, value])
}
