import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import { reservationScope } from '../../../policies/reservation-scope.ts'
import { placeOrOwe } from './beyond.ts'
import type { Change, ChangeCommand, Decision, Refusal, ReserveCommand, TidyCommand, Units } from './command.ts'
import {
  allocate,
  type Changed,
  confirm,
  consume,
  expire,
  extend,
  isOver,
  type LegRefusal,
  move,
  type ReservationRow,
  release,
  type Times,
} from './legs.ts'
import type { Part } from './place.ts'
import type { SectionState } from './section-state.ts'

/** Decides one command after another on the same state; a refused one leaves the state as it was. Pure but for the state. */

export function decideReserve(state: SectionState, command: ReserveCommand, ids: IdMinter): Decision {
  const { channelId, method, lines, locationId: only, placed } = command
  const question = { channelId, method }
  const freed = command.replaceOwner ? giveBack(state, command) : []
  const kits = command.kits.map((kit) => ({ ...kit, promisable: state.kit(kit, question) }))
  const placement = placeOrOwe(
    lines,
    kits,
    (variantId) => state.promisable(variantId, question),
    (variantId, quantity) => state.promise(variantId, question, quantity),
    { only, placed },
  )
  if (placement.kind === 'short') {
    for (const change of freed.toReversed()) state.undo(change)
    return refused({ kind: 'insufficient', shortfalls: placement.shortfalls })
  }
  const times = state.times(command.ttlSeconds)
  const held = placement.parts.map((part): Change => {
    const after = toReservation(part, command, times, `rsv_${ids.ulid()}`)
    return { change: 'held', before: null, after, occurredAt: null, madeBy: command.keyed }
  })
  for (const change of held) state.apply(change)
  const reservations = held.map(({ after }) => after)
  return {
    outcome: { kind: 'done', reservations, plan: placement.parts, replayed: false },
    changes: [...freed, ...held],
  }
}

export function decideChange(state: SectionState, command: ChangeCommand): Decision {
  const changes: Change[] = []
  const refuse = (refusal: Refusal): Decision => {
    for (const change of changes.toReversed()) state.undo(change)
    return refused(refusal)
  }
  for (const item of command.items) {
    const before = state.reservation(item.reservationId)
    if (before === null || !mayAct(before, command)) {
      return refuse({ kind: 'not-found', reservationId: item.reservationId })
    }
    const result = takeStep(state, before, item, command)
    if ('kind' in result) return refuse(result)
    const occurredAt = 'occurredAt' in command.step ? command.step.occurredAt : null
    const change = { ...result, before, occurredAt }
    state.apply(change)
    changes.push(change)
  }
  const reservations = [...new Map(changes.map(({ after }) => [after.id, after])).values()]
  return { outcome: { kind: 'done', reservations, plan: [], replayed: false }, changes }
}

export function decideTidy(state: SectionState, command: TidyCommand): Decision {
  const changes = command.reservationIds.flatMap((id): readonly Change[] => {
    const before = state.reservation(id)
    const result = before && expire(before, state.now)
    return result === null ? [] : [{ ...result, before, occurredAt: before?.expiresAt ?? null }]
  })
  for (const change of changes) state.apply(change)
  const reservations = changes.map(({ after }) => after)
  return { outcome: { kind: 'done', reservations, plan: [], replayed: false }, changes }
}

/** Whether the reservation is this viewer's own, or the viewer serves them all. Whoever may not learns nothing of it. */
export function isOwn(reservation: ReservationRow, viewer: Viewer): boolean {
  if (reservation.tenant !== viewer.tenant) return false
  const { kind } = reservationScope(viewer)
  return kind === 'all' || (kind === 'client' && reservation.clientId === viewer.clientId)
}

/** Whether the viewer need not name the owner. */
export function actsForAll(viewer: Viewer): boolean {
  return reservationScope(viewer).kind === 'all'
}

function mayAct(reservation: ReservationRow, { viewer, owner }: ChangeCommand): boolean {
  if (!isOwn(reservation, viewer)) return false
  if (owner === null) return actsForAll(viewer)
  return owner.kind === reservation.owner.kind && owner.id === reservation.owner.id
}

function takeStep(state: SectionState, before: ReservationRow, item: Units, command: ChangeCommand): Changed | Refusal {
  const { step } = command
  if (step.kind === 'move') return takeMove(state, before, step.locationId)
  const result = changeLegs(before, item.quantity, step, state.now)
  return 'change' in result ? result : { kind: 'leg', reservationId: before.id, refusal: result }
}

function changeLegs(
  before: ReservationRow,
  quantity: number | null,
  step: Exclude<ChangeCommand['step'], { readonly kind: 'move' }>,
  now: Date,
): Changed | LegRefusal {
  switch (step.kind) {
    case 'extend':
      return extend(before, step.ttlSeconds, now)
    case 'confirm':
      return confirm(before, quantity, step.orderId, now)
    case 'release':
      return release(before, quantity, now)
    case 'allocate':
      return allocate(before, quantity, now)
    case 'consume':
      return consume(before, quantity, now)
    default:
      return step satisfies never
  }
}

/** The destination is checked as if the units were reserved there anew. */
function takeMove(state: SectionState, before: ReservationRow, locationId: string): Changed | Refusal {
  const over = isOver(before.expiresAt, state.now)
  const units = (over ? 0 : before.held) + before.confirmed
  if (units === 0 || (over && before.held > 0)) {
    const refusal: LegRefusal =
      over && before.held > 0
        ? { kind: 'expired', expiresAt: before.expiresAt }
        : { kind: 'exceeds', requested: 1, outstanding: 0 }
    return { kind: 'leg', reservationId: before.id, refusal }
  }
  if (before.locationId === locationId) return move(before, locationId)
  const { channelId, method, variantId } = before
  const { byLocation } = state.promisable(variantId, { channelId, method })
  const available = byLocation.find((at) => at.locationId === locationId)?.available ?? 0
  if (available >= units) return move(before, locationId)
  const alternatives = byLocation.filter((at) => at.available >= units).slice(0, 10)
  return { kind: 'insufficient', shortfalls: [{ variantId, requested: units, available, alternatives }] }
}

function giveBack(state: SectionState, { viewer, owner }: ReserveCommand): readonly Change[] {
  return state.heldBy(viewer.tenant, owner).flatMap((before): readonly Change[] => {
    if (before.clientId !== viewer.clientId || isOver(before.expiresAt, state.now)) return []
    const result = release(before, before.held, state.now)
    if (!('change' in result)) return []
    const change: Change = { ...result, before, occurredAt: null }
    state.apply(change)
    return [change]
  })
}

/** The reservation a part of a plan becomes; the same for the same values. */
export function toReservation(part: Part, command: ReserveCommand, times: Times, id: string): ReservationRow {
  const { viewer, owner, channelId, method } = command
  const reservation: ReservationRow = {
    id,
    tenant: viewer.tenant,
    clientId: viewer.clientId,
    owner,
    lineId: part.lineId,
    channelId,
    method,
    variantId: part.variantId,
    substitutedFor: part.substitutedFor,
    locationId: part.locationId,
    promise: part.promise,
    quantity: part.quantity,
    held: part.quantity,
    confirmed: 0,
    consumed: 0,
    released: 0,
    expired: 0,
    allocated: 0,
    extensions: 0,
    orderId: null,
    expiresAt: times.expiresAt,
    createdAt: times.createdAt,
    version: 1,
  }
  return part.kit === undefined ? reservation : { ...reservation, kit: part.kit }
}

function refused(refusal: Refusal): Decision {
  return { outcome: refusal, changes: [] }
}
