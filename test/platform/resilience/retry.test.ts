import { expect, test } from 'vitest'
import { createRetryBudget } from '../../../platform/resilience/retry.ts'

test('allows the share of the traffic it is told, beyond what a second gives', () => {
  const budget = createRetryBudget({ ratio: 0.5, minPerSecond: 1, maxSaved: 10, now: () => 0 })
  for (let count = 0; count < 4; count++) budget.deposit()
  expect([budget.withdraw(), budget.withdraw(), budget.withdraw(), budget.withdraw()]).toEqual([
    true,
    true,
    true,
    false,
  ])
})

test('saves no more than its bound', () => {
  const budget = createRetryBudget({ ratio: 1, minPerSecond: 1, maxSaved: 2, now: () => 0 })
  for (let count = 0; count < 100; count++) budget.deposit()
  expect([budget.withdraw(), budget.withdraw(), budget.withdraw()]).toEqual([true, true, false])
})

test('gives a quiet process its retries by time', () => {
  let nowMs = 0
  const budget = createRetryBudget({ ratio: 0.1, minPerSecond: 2, maxSaved: 10, now: () => nowMs })
  budget.withdraw()
  budget.withdraw()
  expect(budget.withdraw()).toBe(false)
  nowMs = 500
  expect(budget.withdraw()).toBe(true)
})
