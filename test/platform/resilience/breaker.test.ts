import { expect, test } from 'vitest'
import { createBreaker } from '../../../platform/resilience/breaker.ts'

const build = () => {
  let nowMs = 0
  const breaker = createBreaker({ windowMs: 1000, minCalls: 4, failureRatio: 0.5, openMs: 300, now: () => nowMs })
  const wait = (ms: number): void => {
    nowMs += ms
  }
  return { breaker, wait }
}

test('opens when enough of enough calls failed, and lets none through', () => {
  const { breaker } = build()
  breaker.fail()
  breaker.fail()
  breaker.fail()
  expect(breaker.enter()).toBe(true)
  breaker.fail()
  expect(breaker.enter()).toBe(false)
  expect(breaker.openForMs()).toBe(300)
})

test('stays closed while fewer than the ratio fail', () => {
  const { breaker } = build()
  for (const report of [breaker.succeed, breaker.fail, breaker.succeed, breaker.succeed, breaker.fail]) report()
  expect(breaker.enter()).toBe(true)
})

test('forgets failures that are older than the window', () => {
  const { breaker, wait } = build()
  breaker.fail()
  breaker.fail()
  breaker.fail()
  wait(1100)
  breaker.fail()
  expect(breaker.enter()).toBe(true)
})

test('tries one call after the pause and closes when it succeeds', () => {
  const { breaker, wait } = build()
  for (let count = 0; count < 4; count++) breaker.fail()
  wait(300)
  expect(breaker.enter()).toBe(true)
  expect(breaker.enter()).toBe(false)
  breaker.succeed()
  expect(breaker.enter()).toBe(true)
  expect(breaker.openForMs()).toBe(0)
})

test('opens again when the tried call fails, and offers the try anew when it told nothing', () => {
  const { breaker, wait } = build()
  for (let count = 0; count < 4; count++) breaker.fail()
  wait(300)
  breaker.enter()
  breaker.fail()
  expect(breaker.enter()).toBe(false)
  wait(300)
  breaker.enter()
  breaker.forget()
  expect(breaker.enter()).toBe(true)
})

test('refuses a ratio that is none', () => {
  expect(() => createBreaker({ windowMs: 1, minCalls: 1, failureRatio: 0, openMs: 1 })).toThrow(RangeError)
})
