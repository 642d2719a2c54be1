import { createWriteGroups } from '../../platform/batch/write-groups.ts'
import type { CacheInvalidator } from '../../platform/cache/cache.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { EventLog } from '../../platform/event-log/event-log.ts'
import { removeExpiredRecords } from '../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../platform/ids.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { Caches } from './caches.ts'
import { recordMovements } from './ledger/record.ts'
import type { RecordCommand, RecordOutcome } from './ledger/record-command.ts'
import { transferIdPrefix } from './ledger/told-movement.ts'
import { createAdmission, loadTerms, quotasOfTerms } from './reservations/admission.ts'
import type { Command, Outcome } from './reservations/command.ts'
import { createGlance } from './reservations/glance.ts'
import type { ReservationRow } from './reservations/legs.ts'
import { settleOwed, takeOwed } from './reservations/owed.ts'
import { runSection, type SectionDeps } from './reservations/section.ts'
import { variantsOf } from './reservations/section-locks.ts'
import { readReservation } from './reservations/section-read.ts'
import { readExpired, removeCountedIssues } from './reservations/tidy.ts'
import { createVariantOf } from './reservations/variant-of.ts'
import type { RuleCommand, RuleOutcome } from './terms/rule-command.ts'
import { writeRule } from './terms/write-rule.ts'
import type {
  BeginCommand,
  BeginOutcome,
  ReceiveCommand,
  ReceiveOutcome,
  StepCommand,
  StepOutcome,
} from './transfers/transfer-command.ts'
import { beginTransfer, receiveTransfer, stepTransfer } from './transfers/transfers.ts'

export type InventoryCommandsDeps = {
  /** For requests; each group takes one connection of it. */
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly freshness: FreshnessBoard
  readonly caches: Caches
  readonly ids: IdMinter
}

/** Decides what reservations become. Concurrent commands on the same variants share a transaction and its commit. */
export type InventoryCommands = AsyncDisposable & {
  /** @throws AppError when the store is away or too many wait; the same command may then be sent again */
  submit(command: Command, signal?: AbortSignal): Promise<Outcome>
  reservation(id: string): Promise<ReservationRow | null>
  /** Appends movements to the ledger; see `recordMovements`. */
  record(command: RecordCommand): Promise<RecordOutcome>
  /** Changes a rule of selling stock; see `writeRule`. */
  writeRule(command: RuleCommand): Promise<RuleOutcome>
  nextTransferId(): string
  beginTransfer(command: BeginCommand): Promise<BeginOutcome>
  stepTransfer(command: StepCommand): Promise<StepOutcome>
  receiveTransfer(command: ReceiveCommand): Promise<ReceiveOutcome>
  /** Writes down what has run out and removes what is of no use any more. @returns how many rows it found */
  tidy(): Promise<number>
  /** Gives locations to what the network owes of one variant that may have come. @returns how many variants it looked at */
  placeOwed(): Promise<number>
  counts(): { readonly groups: number; readonly requests: number }
}

/** What the resolvers of a call may ask for. */
export type CallCommands = Pick<
  InventoryCommands,
  | 'submit'
  | 'reservation'
  | 'record'
  | 'writeRule'
  | 'nextTransferId'
  | 'beginTransfer'
  | 'stepTransfer'
  | 'receiveTransfer'
>

export function createInventoryCommands(deps: InventoryCommandsDeps): InventoryCommands {
  const { database, caches, freshness } = deps
  // A group is by variant; which one a reservation is of never changes.
  const variantOf = createVariantOf(mostRemembered)
  const section: SectionDeps = {
    database,
    eventLog: deps.eventLog,
    invalidator: deps.invalidator,
    ids: deps.ids,
    async terms(variantIds) {
      const terms = await loadTerms(caches, variantIds)
      return {
        admission: createAdmission(terms, freshness),
        quotas: quotasOfTerms(terms),
        isChannel: (channelId, method) => terms.network.channel(channelId)?.methods.includes(method) ?? false,
      }
    },
  }
  const glance = createGlance(section)
  const groups = createWriteGroups<Command, Outcome>({
    keysOf(command) {
      if (command.kind === 'tidy') return [command.reservationIds.join(' ')]
      if (command.kind === 'place') return [command.variantId]
      if (command.kind === 'reserve') {
        const { kind, id } = command.owner
        const variants = variantsOf(command)
        return command.replaceOwner ? [...variants, `${kind} ${id}`] : variants
      }
      return command.items.map(({ reservationId }) => variantOf.get(reservationId) ?? 'unknown')
    },
    maxGroup: mostInGroup,
    paceMs,
    run: async (commands, passOn) => {
      const outcomes = await runSection(section, commands, passOn)
      for (const [at, outcome] of outcomes.entries()) {
        const command = commands[at]
        if (command !== undefined) glance.note(command, outcome)
        if (outcome.kind !== 'done') continue
        for (const { id, variantId } of outcome.reservations) variantOf.set(id, variantId)
      }
      return outcomes
    },
  })

  return {
    submit(command, signal) {
      if (!glance.isWorthwhile(command)) return groups.submit(command, signal)
      return glance.refusal(command, signal).then((refusal) => refusal ?? groups.submit(command, signal))
    },
    reservation: (id) => readReservation(database, id),
    record: (command) => recordMovements(deps, command),
    writeRule: (command) => writeRule(deps, command),
    nextTransferId: () => `${transferIdPrefix}${deps.ids.ulid()}`,
    beginTransfer: (command) => beginTransfer(deps, command),
    stepTransfer: (command) => stepTransfer(deps, command),
    receiveTransfer: (command) => receiveTransfer(deps, command),
    async tidy() {
      const reservationIds = await readExpired(database, mostTidied)
      if (reservationIds.length > 0) await groups.submit({ kind: 'tidy', reservationIds })
      const issues = await removeCountedIssues(database, mostTidied)
      const records = await removeExpiredRecords(database, mostTidied)
      return reservationIds.length + issues + records
    },
    async placeOwed() {
      const page = await takeOwed(database)
      if (page === null) return 0
      const { variantId, ids: reservationIds, waiting } = page
      if (reservationIds.length > 0) await groups.submit({ kind: 'place', variantId, reservationIds, waiting })
      await settleOwed(database, page)
      return 1
    },
    counts: groups.counts,
    async [Symbol.asyncDispose]() {
      await Promise.all([glance[Symbol.asyncDispose](), groups[Symbol.asyncDispose]()])
    },
  }
}

/** @param onDone called before the outcome of a command is given, whatever it is: a failed one may have been committed */
export function toCallCommands(commands: InventoryCommands, onDone: () => void): CallCommands {
  const tell =
    <Given extends readonly unknown[], Result>(run: (...given: Given) => Promise<Result>) =>
    (...given: Given) =>
      run(...given).finally(onDone)
  return {
    submit: tell(commands.submit),
    reservation: commands.reservation,
    record: tell(commands.record),
    writeRule: tell(commands.writeRule),
    nextTransferId: commands.nextTransferId,
    beginTransfer: tell(commands.beginTransfer),
    stepTransfer: tell(commands.stepTransfer),
    receiveTransfer: tell(commands.receiveTransfer),
  }
}

/** The more share a commit the more are written a second, and the longer each waits; docs/decisions/040-reservations.md. */
const mostInGroup = 512
/** A crowd at one variant begins so many sections a second at most, and leaves the machine to the others in between. */
const paceMs = 25
const mostRemembered = 100_000
const mostTidied = 500
