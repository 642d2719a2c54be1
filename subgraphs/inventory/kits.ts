import { type AvailabilityInput, type AvailableNumbers, kitNumbersOf, noNumbers } from './availability.ts'
import { type Asked, type Basis, barrierAt, excludedIn, toInput } from './basis.ts'

/**
 * What may be sold of a kit: as much as is there of its components, within its own allocation, from where neither it nor they are
 * excluded.
 * @returns null for an unknown channel
 */
export function kitNumbers(kit: Basis, asked: Asked, components: ReadonlyMap<string, Basis>): AvailableNumbers | null {
  const own = toInput(kit, asked)
  if (own === null) return null
  const { terms } = kit
  if (terms.kit === null) return noNumbers
  const parts = terms.kit.components.flatMap(({ variantId, quantity }) => {
    const component = components.get(variantId)
    const input = component === undefined ? null : inputForKit(component, kit, asked)
    return input === null ? [] : [{ units: quantity, input }]
  })
  if (parts.length < terms.kit.components.length) return noNumbers
  return kitNumbersOf(parts, terms.kit.shipTogether, own.allocation)
}

/** What a component gives a kit. @returns null for an unknown channel */
export function inputForKit(component: Basis, kit: Basis, asked: Asked): AvailabilityInput | null {
  const input = toInput(component, asked)
  return input && barredBy(kit, input, asked)
}

/** The input of a component as a kit has it: nothing from where the kit itself is excluded. */
export function barredBy<Input extends AvailabilityInput>(kit: Basis, input: Input, asked: Asked): Input {
  if (kit.shared.exclusions.length + kit.terms.exclusions.length === 0) return input
  const excludedAt = excludedIn(kit, asked)
  return {
    ...input,
    locations: input.locations.map((at) =>
      at.barrier === null ? { ...at, barrier: barrierAt(true, excludedAt(at.locationId)) } : at,
    ),
  }
}
