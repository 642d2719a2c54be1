import { inSlices } from '../../../platform/batch/slices.ts'
import { createWriteGroups } from '../../../platform/batch/write-groups.ts'
import type { Command, Outcome, ReserveCommand } from './command.ts'
import { decideReserve } from './decide.ts'
import { answerOf, type SectionDeps } from './section.ts'
import { glanceAtSection } from './section-enter.ts'
import { targetsOf, variantsOf } from './section-locks.ts'
import { createSectionState } from './section-state.ts'

/**
 * A look before the section: whoever asks for what is sold out is told so by one statement, without a transaction or a lock, so that a
 * crowd at an empty shelf costs the others little. It reads the tables as a section does and can only refuse: what it does not
 * refuse is decided by a section.
 */
export type Glance = AsyncDisposable & {
  /** Whether the last answer of what a command asks for was that there is not enough. */
  isWorthwhile(command: Command): command is ReserveCommand
  /** null: to be decided by a section. @throws what `WriteGroups.submit` throws */
  refusal(command: ReserveCommand, signal?: AbortSignal): Promise<Outcome | null>
  /** What became of a command in a section. */
  note(command: Command, outcome: Outcome): void
}

export function createGlance(deps: SectionDeps): Glance {
  const short = new Set<string>()
  const looks = createWriteGroups<ReserveCommand, Outcome | null>({
    keysOf: () => ['glance'],
    maxGroup: mostInGroup,
    restMs: (ranMs) => Math.min(ranMs * restFactor, longestRestMs),
    run: (commands) => refuse(deps, commands),
  })

  function note(command: Command, outcome: Outcome | null): void {
    if (command.kind !== 'reserve' || (outcome !== null && outcome.kind !== 'insufficient')) return
    for (const variantId of variantsOf(command)) short.delete(variantId)
    // A kit that is short by its own rules leaves its components to everyone else, without a look.
    for (const { variantId } of outcome?.shortfalls ?? []) short.add(variantId)
    for (const oldest of short) {
      if (short.size <= mostRemembered) break
      short.delete(oldest)
    }
  }

  return {
    isWorthwhile: (command): command is ReserveCommand =>
      short.size > 0 && command.kind === 'reserve' && variantsOf(command).some((id) => short.has(id)),
    async refusal(command, signal) {
      const outcome = await looks.submit(command, signal)
      note(command, outcome)
      return outcome
    },
    note,
    [Symbol.asyncDispose]: looks[Symbol.asyncDispose],
  }
}

/** Each by itself: what one would take is not taken from the next, since it may yet not be. @returns one entry per command; null: not refused */
async function refuse(deps: SectionDeps, commands: readonly ReserveCommand[]): Promise<readonly (Outcome | null)[]> {
  const targets = targetsOf(commands)
  const terms = await deps.terms(targets.variantIds)
  const glanced = await glanceAtSection(deps.database, commands, targets, terms.quotas)
  const state = createSectionState(glanced.rows, terms.admission)
  const outcomes: (Outcome | null)[] = []
  const refuseOne = (command: ReserveCommand, at: number): Outcome | null => {
    const known = glanced.known[at]
    if (known === undefined || known.kind === 'in-progress' || glanced.holding.has(command)) return null
    const answered = answerOf(known, command)
    if (answered !== null) return answered
    if (!terms.isChannel(command.channelId, command.method)) return null
    const { outcome, changes } = decideReserve(state, command, deps.ids)
    for (const change of changes.toReversed()) state.undo(change)
    return outcome.kind === 'done' ? null : outcome
  }
  await inSlices(commands.length, (at) => {
    const command = commands[at]
    if (command !== undefined) outcomes.push(refuseOne(command, at))
  })
  return outcomes
}

const mostInGroup = 512
/** A look takes at most a fifth of the time, on a machine of any speed: others who sell have the rest. The first look waits for nobody. */
const restFactor = 4
const longestRestMs = 50
const mostRemembered = 10_000
