import { setMaxListeners } from 'node:events'
import { AppError } from '../../platform/errors/app-error.ts'
import { type ClientError, createExplained, fromViolation, oncePerPath } from './client-error.ts'
import type { Introspect } from './introspection.ts'
import type { PlannedAnswers } from './lasting-answers.ts'
import type { DataAnswer, ExecuteRequest, TextAnswer } from './prepared.ts'
import { beginRun, type Run, type Step } from './run.ts'
import type { Shapes } from './shape.ts'
import { type HoleNotes, noteHoles } from './text-holes.ts'
import { weighMerged } from './weights.ts'
import { completeData, type Violation } from './write-data.ts'
import type { WriteData } from './write-text.ts'

/** An operation compiled for one combination of its conditions. */
export type Variant = {
  /** Undefined when nothing is fetched. */
  readonly step: Step | undefined
  /** Calls of its plan. */
  readonly callCount: number
  readonly shapes: Shapes
  readonly write: WriteData
  readonly introspect: Introspect | undefined
  /** Undefined: each answer is made anew. */
  readonly lasting: PlannedAnswers | undefined
}

export type Runner = {
  run(request: ExecuteRequest): Promise<DataAnswer>
  runToText(request: ExecuteRequest): Promise<TextAnswer>
}

type Keep = (answer: TextAnswer, notes: HoleNotes) => TextAnswer

/** Runs a compiled plan, then completes what was gathered into the client's answer. */
export const createRunner = (variantOf: (variables: ExecuteRequest['variables']) => Variant): Runner => {
  const begin = (request: ExecuteRequest, variant: Variant, isKept = false): Run => {
    const { variables, signal } = request
    // Every call under way listens to the signal; Node warns of a leak beyond ten listeners.
    if (variant.callCount > 10) setMaxListeners(0, signal)
    const run = beginRun(request, isKept ? [] : undefined)
    if (variant.introspect !== undefined) Object.assign(run.data, variant.introspect(variables))
    return run
  }

  return {
    run: async (request) => {
      try {
        const variant = variantOf(request.variables)
        const run = begin(request, variant)
        await variant.step?.(run)
        return complete(run, variant.shapes)
      } catch (error) {
        return { data: null, errors: [unanswered(error)] }
      }
    },
    runToText: async (request) => {
      try {
        const variant = variantOf(request.variables)
        const { shapes, lasting } = variant
        const key = lasting?.keyOf(request)
        let keep: Keep | undefined
        if (lasting !== undefined && key !== undefined) {
          const again = lasting.again(key, request)
          if (again !== undefined) return again
          if (lasting.mayKeep(key)) keep = (answer, notes) => lasting.keep(key, answer, notes)
        }
        const run = begin(request, variant, keep !== undefined)
        await variant.step?.(run)
        const notes = run.lasting && noteHoles(run.lasting)
        const text = variant.write(run.data, notes === undefined ? run.shared : undefined, notes?.noteField)
        if (text !== undefined) {
          const errors = oncePerPath(run.errors)
          const answer: TextAnswer = { text, errors, weigh: (weights) => weighMerged(run.data, shapes, weights) }
          return keep === undefined || notes === undefined || errors.length > 0 ? answer : keep(answer, notes)
        }
        const { data, errors } = complete(run, variant.shapes)
        return { text: JSON.stringify(data), errors }
      } catch (error) {
        return { text: 'null', errors: [unanswered(error)] }
      }
    },
  }
}

export const complete = (run: Run, shapes: Shapes): DataAnswer => {
  const { data, violations } = completeData(run.data, shapes)
  return { data, errors: withViolations(oncePerPath(run.errors), violations) }
}

/** A missing value that an error already explains is not told twice. */
export const withViolations = (
  errors: readonly ClientError[],
  violations: readonly Violation[],
): readonly ClientError[] => {
  if (violations.length === 0) return errors
  const isExplained = createExplained(errors)
  const unexplained = violations.filter(({ path }) => !isExplained(path))
  return [...errors, ...unexplained.map(({ message, path }) => fromViolation(message, path))]
}

export const unanswered = (error: unknown): ClientError => {
  const { message, code } = AppError.from(error)
  return { message, extensions: { code } }
}
