import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

const operations = Number(process.env.STORELOOM_FUZZ_OPERATIONS ?? '300')
const seed = Number(process.env.STORELOOM_FUZZ_SEED ?? Date.now() % 1_000_000)

test(`random operations are answered as by one schema (seed ${seed}), plans by the native planner first`, async () => {
  expect(await fuzz({ operations, seed, planner: 'auto' })).toEqual([])
}, 600_000)

test(`random operations are answered as by one schema (seed ${seed}), plans by the reference planner`, async () => {
  expect(await fuzz({ operations, seed, planner: 'apollo' })).toEqual([])
}, 600_000)

test(`random operations are answered as by one schema (seed ${seed}), with entities kept between them`, async () => {
  expect(await fuzz({ operations, seed, planner: 'auto', keep: true })).toEqual([])
}, 600_000)
