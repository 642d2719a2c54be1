import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { allReady, type MaybePromise, whenReady } from '../../platform/maybe-promise.ts'
import { visibleAvailability } from '../../policies/exact-availability.ts'
import type { AvailableNumbers } from './availability.ts'
import { type Asked, numbersOf } from './basis.ts'
import { flatKit } from './flat-kit.ts'
import type { LoadedBasis, Context as WholeContext } from './loaders.ts'
import type { LocationRow, Method, Origin } from './network.ts'
import { freshIn, isAnyKnown, type Origins } from './provenance.ts'
import { type Computed, computedOf, newestOrigins, type Status, statusOf } from './remembered.ts'
import type { Kit } from './terms-reads.ts'

/** What an answer needs of the call. */
type Context = Pick<WholeContext, 'load' | 'freshness' | 'now' | 'rests'>

export type VariantRef = { readonly id: string }

/** Exact numbers; what a viewer is shown of them is decided where they are answered. */
export type AvailabilityAnswer = AvailableNumbers & {
  readonly variantId: string
  readonly channelId: string
  readonly method: Method
  readonly status: Status
  /** The newest fact of each source the number rests on. */
  readonly origins: Origins
  readonly basis: LoadedBasis
  /** Of a kit: what its components rest on. */
  readonly components: ReadonlyMap<string, LoadedBasis>
}

export type LocationAnswer = { readonly location: LocationRow; readonly available: number; readonly origin: Origin }

export type AvailabilityQuestion = { readonly channelId: string; readonly method: Method }
export type Item = { readonly variantId?: string | null | undefined; readonly sku?: string | null | undefined }

export const maxItems = 200

/** One entry per item, in order; null where no stock of the item is known. @throws AppError `BAD_USER_INPUT` */
export function resolveItems(
  items: readonly Item[],
  question: AvailabilityQuestion,
  context: Context,
): MaybePromise<readonly (AvailabilityAnswer | null)[]> {
  checkItems(items)
  return allReady(items.map((item) => resolveItem(item, question, context)))
}

/** @throws AppError `BAD_USER_INPUT` */
export function checkItems(items: readonly Item[]): void {
  if (items.length > maxItems) throw refusal('items', `${items.length} entries`, `at most ${maxItems}`)
  for (const [index, { variantId, sku }] of items.entries()) {
    if ((variantId == null) === (sku == null)) {
      const got = variantId == null ? 'neither' : 'both'
      throw refusal(`items.${index}`, `${got} of variantId and sku`, 'exactly one of them')
    }
  }
}

export function resolveItem(
  { variantId, sku }: Item,
  question: AvailabilityQuestion,
  context: Context,
): MaybePromise<AvailabilityAnswer | null> {
  const id = variantId ?? (sku == null ? null : context.load.variantIdBySku.load(sku))
  return whenReady(id, (known) => (known === null ? null : resolveAvailability(known, question, context)))
}

/** @throws AppError `BAD_USER_INPUT` when the channel is unknown */
export function resolveAvailability(
  variantId: string,
  question: AvailabilityQuestion,
  context: Context,
): MaybePromise<AvailabilityAnswer | null> {
  return whenReady(context.load.basisOf(variantId, context.now), (basis) => {
    const { kit } = basis.terms
    if (kit === null) return toAnswer(basis, noComponents, question, context)
    return whenReady(
      flatKit(kit, (id) => agreedKit(id, context)),
      (flat) => {
        const parts = flat.components.map((part) => context.load.basisOf(part.variantId, context.now))
        const whole = flat === kit ? basis : { ...basis, terms: { ...basis.terms, kit: flat } }
        return whenReady(allReady(parts), (known) =>
          toAnswer(whole, new Map(known.map((part) => [part.variantId, part])), question, context),
        )
      },
    )
  })
}

/** As it was agreed, kits inside it as such. */
export function agreedKit(variantId: string, { load, now }: Pick<Context, 'load' | 'now'>): MaybePromise<Kit | null> {
  return whenReady(load.basisOf(variantId, now), ({ terms }) => terms.kit)
}

function toAnswer(
  basis: LoadedBasis,
  components: ReadonlyMap<string, LoadedBasis>,
  { channelId, method }: AvailabilityQuestion,
  { freshness, now, rests }: Context,
): AvailabilityAnswer | null {
  const asked: Asked = { channelId, method, freshness, nowMs: now.getTime() }
  const computed = basis.terms.kit === null ? computedOf(basis, asked) : kitOf(basis, components, asked)
  if (computed === null) {
    throw refusal('channelId', JSON.stringify(channelId.slice(0, 40)), 'a channel of the estate')
  }
  rests?.until(computed.validUntilMs)
  const { origins } = computed
  if (rests !== undefined) for (const { system } of origins) rests.onlyWhile(freshIn(system, freshness))
  if (!isAnyKnown(origins)) return null
  const { variantId } = basis
  const { numbers, status } = computed
  const { ats, onShelf, owed, largestSingleLocation, byLocation } = numbers
  // One literal: spread ones cost ten times the rest of a warm answer.
  return {
    ats,
    onShelf,
    owed,
    largestSingleLocation,
    byLocation,
    variantId,
    channelId,
    method,
    status,
    origins,
    basis,
    components,
  }
}

function kitOf(basis: LoadedBasis, components: ReadonlyMap<string, LoadedBasis>, asked: Asked): Computed | null {
  const numbers = numbersOf(basis, asked, components)
  if (numbers === null) return null
  const origins = [...components.values()].flatMap((component) => newestOrigins(component, asked))
  // What each component rests on may change at another moment.
  const validUntilMs = Number.NEGATIVE_INFINITY
  return { numbers, origins, status: statusOf(basis, numbers, origins, asked), validUntilMs }
}

/** @throws AppError `BAD_USER_INPUT` when `first` is out of range */
export function toLocationAnswers(
  answer: AvailabilityAnswer,
  first: number,
  viewer: Viewer,
): readonly LocationAnswer[] {
  if (!Number.isInteger(first) || first < 1 || first > maxLocations) {
    throw refusal('first', String(first), `1 to ${maxLocations}`)
  }
  const { basis, components } = answer
  const positions = components.size === 0 ? basis.positions : [...components.values()].flatMap((part) => part.positions)
  return answer.byLocation.slice(0, first).flatMap(({ locationId, available }) => {
    const location = basis.network.locations.get(locationId)
    const origin = positions.find((position) => position.locationId === locationId)
    if (location === undefined || origin === undefined) return []
    return [{ location, available: visibleAvailability(viewer, available), origin }]
  })
}

const maxLocations = 500
const noComponents: ReadonlyMap<string, LoadedBasis> = new Map()

export function refusal(argument: string, got: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot tell availability: ${argument} is ${got}, allowed is ${allowed}`, {
    details: { argument, allowed },
  })
}
