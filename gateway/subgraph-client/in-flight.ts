import { untilAborted } from '../../platform/resilience/deadline.ts'

/**
 * Joins a call to an identical one that is under way. The key holds everything that can change the answer; who joins
 * gets the same text, never the same objects.
 */
export type JoinInFlight<Answer> = (key: string, signal: AbortSignal, start: () => Promise<Answer>) => Promise<Answer>

export const createJoinInFlight = <Answer>(): JoinInFlight<Answer> => {
  const flights = new Map<string, { readonly answer: Promise<Answer>; readonly signal: AbortSignal }>()

  const lead = (key: string, signal: AbortSignal, start: () => Promise<Answer>): Promise<Answer> => {
    const flight = { answer: start(), signal }
    flights.set(key, flight)
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.answer.then(land, land)
    return flight.answer
  }

  return (key, signal, start) => {
    const known = flights.get(key)
    if (known === undefined || known.signal.aborted) return lead(key, signal, start)
    return untilAborted(signal, known.answer).catch((error: unknown) => {
      // Who went first went away, which is no reason for who joined to fail.
      if (known.signal.aborted && !signal.aborted) return start()
      throw error
    })
  }
}
