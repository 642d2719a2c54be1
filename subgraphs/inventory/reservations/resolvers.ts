import { visibleAvailability } from '../../../policies/exact-availability.ts'
import type { SubgraphResolvers } from '../../../schema/generated/inventory.ts'
import { flatKit } from '../flat-kit.ts'
import type { Context } from '../loaders.ts'
import { datedPromise, resolvePromises } from '../promises.ts'
import { agreedKit, resolveAvailability } from '../resolve-availability.ts'
import { substitutesOf } from '../rules.ts'
import { isRefusal, toRefusalAnswer } from './answers.ts'
import type { ChangeCommand, Done } from './command.ts'
import { isOwn } from './decide.ts'
import type { ReservationRow } from './legs.ts'
import { mostUnits } from './parse-input.ts'
import { type Invalid, toChangeCommand, toReserveCommand } from './to-command.ts'

type Mutations = Required<NonNullable<SubgraphResolvers['Mutation']>>

export const reservationQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'reservation'> = {
  async reservation(_, { id }, { commands, viewer }) {
    const found = await commands.reservation(id)
    return found !== null && isOwn(found, viewer) ? found : null
  },
}

export const reservationMutations: Pick<
  Mutations,
  | 'reserveStock'
  | 'extendReservation'
  | 'confirmReservation'
  | 'releaseReservation'
  | 'allocateReservation'
  | 'moveReservation'
  | 'consumeReservation'
> = {
  async reserveStock(_, { input }, context) {
    const command = await toReserveCommand(input, context, {
      network: await context.load.network(),
      substitutesOf: (variantId, channelId) => namedSubstitutes(variantId, channelId, context),
      isVariant: async (variantId) => {
        const { terms, positions } = await context.load.basisOf(variantId, context.now)
        return terms.isKnown || positions.length > 0
      },
      kitOf: async (variantId) => {
        const kit = await agreedKit(variantId, context)
        return kit === null ? null : flatKit(kit, (id) => agreedKit(id, context))
      },
      variantIdsOf: async (skus) => context.load.variantIdBySku.loadMany(skus),
    })
    if (command.kind === 'invalid') return toRefusalAnswer(command)
    const outcome = await context.commands.submit(command, context.signal())
    if (isRefusal(outcome)) {
      const { channelId, method } = command
      const answer = toRefusalAnswer(outcome)
      if (answer.__typename !== 'InsufficientStock') return answer
      const shortfalls = answer.shortfalls.map((one) => ({ ...one, question: { channelId, method } }))
      return { ...answer, shortfalls, wanted: input }
    }
    const { reservations, plan, replayed } = outcome
    return {
      __typename: 'ReserveStockSuccess' as const,
      reservations,
      plan,
      expiresAt: firstEnd(reservations),
      replayed,
    }
  },

  extendReservation: (_, { input }, context) => {
    const { reservationIds, ttlSeconds } = input
    const items = reservationIds.map((reservationId) => ({ reservationId }))
    return change(toChangeCommand('extendReservation', input, items, { kind: 'extend', ttlSeconds }, context), context)
  },

  confirmReservation: (_, { input }, context) => {
    const step = { kind: 'confirm', orderId: input.orderId } as const
    return change(toChangeCommand('confirmReservation', input, input.items, step, context), context)
  },

  releaseReservation: (_, { input }, context) =>
    change(toChangeCommand('releaseReservation', input, input.items, { kind: 'release' }, context), context),

  allocateReservation: (_, { input }, context) => {
    const step = { kind: 'allocate', occurredAt: input.occurredAt ?? null } as const
    return change(toChangeCommand('allocateReservation', input, input.items, step, context), context)
  },

  consumeReservation: (_, { input }, context) => {
    const step = { kind: 'consume', occurredAt: input.occurredAt ?? null } as const
    return change(toChangeCommand('consumeReservation', input, input.items, step, context), context)
  },

  async moveReservation(_, { input }, context) {
    const { reservationId, locationId } = input
    const network = await context.load.network()
    if (!network.locations.has(locationId)) {
      const message = 'locationId names no location'
      return toRefusalAnswer({ kind: 'invalid', lines: [{ lineId: null, reason: 'UNKNOWN_LOCATION', message }] })
    }
    const known = await context.commands.reservation(reservationId)
    if (known === null) return toRefusalAnswer({ kind: 'not-found', reservationId })
    const step = { kind: 'move', locationId, variantId: known.variantId } as const
    return change(toChangeCommand('moveReservation', input, [{ reservationId }], step, context), context)
  },
}

export const reservationTypes: Pick<
  SubgraphResolvers,
  'Reservation' | 'PlannedLine' | 'InsufficientStock' | 'LineShortfall' | 'StockAlternative'
> = {
  Reservation: {
    async __resolveReference({ id }, { commands, viewer }) {
      const found = await commands.reservation(id)
      return found !== null && isOwn(found, viewer) ? found : null
    },
    variant: ({ variantId }) => ({ id: variantId }),
    substitutedFor,
    location: ({ locationId }, _, context) => locationOf(locationId, context),
    // What time has taken is told at once, whether or not it is written down yet.
    held: (reservation, _, { now }) => (hasRunOut(reservation, now) ? 0 : reservation.held),
    expired: (reservation, _, { now }) =>
      hasRunOut(reservation, now) ? reservation.expired + reservation.held : reservation.expired,
  },
  PlannedLine: {
    location: ({ locationId }, _, context) => locationOf(locationId, context),
    variant: ({ variantId }) => ({ id: variantId }),
    substitutedFor,
  },
  InsufficientStock: {
    async alternatives({ wanted }, _, context) {
      // Lines of one variant may ask for more together than anybody may be promised.
      const units = wanted?.lines.reduce((sum, { quantity }) => sum + (quantity ?? 1), 0) ?? 0
      if (wanted === undefined || units > mostUnits) return []
      const options = await resolvePromises(wanted.channelId, wanted.lines, null, null, context)
      return options.filter(({ promise }) => promise.kind !== 'NONE')
    },
  },
  LineShortfall: {
    variant: ({ variantId }) => ({ id: variantId }),
    async promise({ variantId, requested, question }, _, context) {
      const answer = question === undefined ? null : await resolveAvailability(variantId, question, context)
      return answer === null ? null : datedPromise(answer, Math.min(requested, mostUnits), null, context)
    },
    available: ({ available }, _, { viewer }) => visibleAvailability(viewer, available),
    async alternatives({ alternatives }, _, { load }) {
      const { locations } = await load.network()
      return alternatives.filter(({ locationId }) => locations.has(locationId))
    },
    async substitutes({ variantId, question }, _, context) {
      if (question === undefined) return []
      const ids = await namedSubstitutes(variantId, question.channelId, context)
      const answers = await Promise.all(ids.map(async (id) => await resolveAvailability(id, question, context)))
      return answers.filter((answer) => answer !== null)
    },
  },
  StockAlternative: {
    available: ({ available }, _, { viewer }) => visibleAvailability(viewer, available),
    async location({ locationId }, _, context) {
      const location = await locationOf(locationId, context)
      if (location !== null) return location
      throw new TypeError(`Cannot name location ${locationId}: it is not of the network`)
    },
  },
}

/** Records of before substitutes were told say nothing of them. */
function substitutedFor({ substitutedFor: id }: { readonly substitutedFor: string | null }) {
  return id == null ? null : { id }
}

async function change(command: ChangeCommand | Invalid, { commands, signal }: Context) {
  if (command.kind === 'invalid') return toRefusalAnswer(command)
  const outcome = await commands.submit(command, signal())
  return isRefusal(outcome) ? toRefusalAnswer(outcome) : toSuccess(outcome)
}

async function namedSubstitutes(
  variantId: string,
  channelId: string,
  { load, now }: Context,
): Promise<readonly string[]> {
  const { terms } = await load.basisOf(variantId, now)
  return substitutesOf(terms.substitutions, channelId, now.getTime())
}

function toSuccess({ reservations, replayed }: Done) {
  return { __typename: 'ReservationSuccess' as const, reservations, replayed }
}

async function locationOf(locationId: string | null, { load }: Context) {
  return locationId === null ? null : ((await load.network()).locations.get(locationId) ?? null)
}

function hasRunOut({ expiresAt }: ReservationRow, now: Date): boolean {
  return Date.parse(expiresAt) <= now.getTime()
}

function firstEnd(reservations: readonly ReservationRow[]): string {
  return reservations.map(({ expiresAt }) => expiresAt).reduce((first, next) => (next < first ? next : first))
}
