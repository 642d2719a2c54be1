import { expect, it } from 'vitest'
import { jsonArray, plainArray, textArray, uuidArray } from '../../../platform/sql/array-literal.ts'
import { openTestDatabase } from '../../support/postgres.ts'

it('arrays arrive as they were, whatever is in them', async () => {
  await using test = await openTestDatabase()
  const texts = ['', 'plain', 'NULL', null, 'a,b', '{}', '"quoted"', 'back\\slash', 'new\nline', 'ümläut 😀', ' ']
  const values = [{ a: '"\\"', b: ['\n', '\u0001', 'é', { c: null }] }, 'text', 1.5, true, null, []]
  const { rows } = await test.database.query(
    'select $1::text[] as texts, $2::integer[] as numbers, $3::text[] as none, array_to_json($4::json[]) as json, $4::text[] as written',
    [textArray(texts), plainArray([1, -2]), textArray([]), jsonArray(values.map((value) => JSON.stringify(value)))],
  )
  const written = values.map((value) => JSON.stringify(value))
  expect(rows).toEqual([{ texts, numbers: [1, -2], none: [], json: values, written }])
})

it('ids arrive as they were', async () => {
  await using test = await openTestDatabase()
  const ids = ['00112233445566778899aabbccddeeff', null, 'ffffffffffffffffffffffffffffffff']
  const { rows } = await test.database.query(
    `select (select array_agg(replace(id::text, '-', '')) from unnest($1::uuid[]) as id) as ids, cardinality($2::uuid[]) as none`,
    [uuidArray(ids), uuidArray([])],
  )
  expect(rows).toEqual([{ ids, none: 0 }])
})
