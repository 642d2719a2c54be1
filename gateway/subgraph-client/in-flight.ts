import type { AppError } from '../../platform/errors/app-error.ts'
import type { Ended, HttpAnswer } from './exchange.ts'
import { leaveAbort, onAbort } from './on-abort.ts'

/**
 * Joins a call to an identical one that is under way. The key holds everything that can change the answer; who joins
 * gets the same text, never the same objects.
 */
export type JoinInFlight = (key: string, signal: AbortSignal, ended: Ended, start: (ended: Ended) => void) => void

type Flight = { readonly signal: AbortSignal; readonly followers: Follower[] }
type Follower = { readonly ended: Ended; start(ended: Ended): void; leave(): void }

/** @param leaving what a follower fails with whose own signal aborts */
export const createJoinInFlight = (leaving: () => AppError): JoinInFlight => {
  const flights = new Map<string, Flight>()

  const lead = (key: string, signal: AbortSignal, ended: Ended, start: (ended: Ended) => void): void => {
    const flight: Flight = { signal, followers: [] }
    flights.set(key, flight)
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
      for (const follower of flight.followers) follower.leave()
    }
    start({
      answer: (answer: HttpAnswer) => {
        land()
        ended.answer(answer)
        for (const follower of flight.followers) follower.ended.answer(answer)
      },
      fail: (error) => {
        land()
        ended.fail(error)
        for (const follower of flight.followers) {
          // Who went first went away, which is no reason for who joined to fail.
          if (signal.aborted) follower.start(follower.ended)
          else follower.ended.fail(error)
        }
      },
    })
  }

  const follow = (flight: Flight, signal: AbortSignal, ended: Ended, start: (ended: Ended) => void): void => {
    const giveUp = (): void => {
      flight.followers.splice(flight.followers.indexOf(follower), 1)
      follower.leave()
      ended.fail(leaving())
    }
    const follower: Follower = { ended, start, leave: () => leaveAbort(signal, giveUp) }
    flight.followers.push(follower)
    onAbort(signal, giveUp)
  }

  return (key, signal, ended, start) => {
    const flight = flights.get(key)
    if (flight === undefined || flight.signal.aborted || signal.aborted) lead(key, signal, ended, start)
    else follow(flight, signal, ended, start)
  }
}
