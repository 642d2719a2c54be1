import type { ConsumerLog } from '../../platform/event-log/consumer.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import type { Database, Row } from '../../platform/sql/database.ts'

export const silentLog: ConsumerLog = { info: () => {}, warn: () => {} }

/** What `tallyProjection` writes to. Set `poisonous` to make it fail on events whose data says `poison`. */
export async function createTally(database: Database): Promise<void> {
  await database.query(`
    create table tally (subject text primary key, events bigint not null, last_sequence bigint not null, in_order boolean not null);
    create table tally_switch (poisonous boolean not null);
    insert into tally_switch values (true)`)
}

export async function readTally(database: Database): Promise<readonly Row[]> {
  const { rows } = await database.query('select * from tally order by subject', [])
  return rows
}

/** A read model in which lost, repeated and reordered events all show. Counts, so applying twice is no more harmless than in real ones. */
export const tallyProjection: Projection = {
  name: 'test.tally',
  types: ['retail.thing.changed.v1'],
  tables: ['tally'],
  async apply(transaction, events) {
    await transaction.query(tallyText, [events.map((event) => event.subject), events.map((event) => event.sequence)])
    if (!events.some((event) => event.data.poison === true)) return
    const { rows } = await transaction.query<{ poisonous: boolean }>('select poisonous from tally_switch', [])
    if (rows[0]?.poisonous === true) throw new Error('tasted poison')
  },
  keysOf: (event) => [{ cache: 'tally', key: event.subject }],
}

const tallyText = `
  insert into tally as known (subject, events, last_sequence, in_order)
  select subject, count(*), max(sequence),
    array_agg(sequence order by nth) = array_agg(sequence order by sequence) and max(sequence) - min(sequence) + 1 = count(*)
  from unnest($1::text[], $2::bigint[]) with ordinality as input (subject, sequence, nth)
  group by subject
  on conflict (subject) do update set
    events = known.events + excluded.events,
    last_sequence = excluded.last_sequence,
    in_order = known.in_order and excluded.in_order and known.last_sequence = excluded.last_sequence - excluded.events`
