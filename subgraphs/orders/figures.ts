import type { Queryable } from '../../platform/sql/database.ts'
import type { Figure, Figures } from '../../platform/subgraph/subgraph.ts'
import { confirmWithinSeconds as confirmEditWithinSeconds } from './editing/edit-request.ts'
import { confirmWithinSeconds } from './fulfillment/reroute.ts'

const byChannel = ['channel'] as const

/** How timely marketplaces are told of their orders, and which reroutes wait for an answer. */
export function ordersFigures(database: Queryable): Figures {
  return {
    help: {
      orders_unacknowledged:
        'Orders of which a channel was told nothing, or not of all units, with a deadline within 7 days',
      orders_unacknowledged_overdue: 'Of these, those past their deadline',
      orders_acknowledged: 'Orders of which a channel was told of the last unit within 24 hours',
      orders_acknowledged_late: 'Of these, those it was told of after their deadline',
      order_edits_unconfirmed: 'Edits that stock has not decided, or the channel has not taken up',
      order_edits_unconfirmed_overdue: 'Of these, those that wait longer than 15 minutes',
      reroutes_unconfirmed: 'Reroutes that stock has not decided, or a system has not confirmed',
      reroutes_unconfirmed_overdue: 'Of these, those that wait longer than 15 minutes',
      reroutes_refused: 'Reroutes that no location could take: their units wait for people to decide',
    },
    labels: {
      orders_unacknowledged: byChannel,
      orders_unacknowledged_overdue: byChannel,
      orders_acknowledged: byChannel,
      orders_acknowledged_late: byChannel,
    },
    async read() {
      const { rows } = await database.query<Readonly<Record<string, number>> & { readonly channel: string }>(
        readText,
        [],
      )
      const figureOf = (name: string): Figure =>
        rows.map(({ channel, ...values }) => ({ labels: { channel }, value: values[name] ?? 0 }))
      return {
        orders_unacknowledged: figureOf('open'),
        orders_unacknowledged_overdue: figureOf('overdue'),
        orders_acknowledged: figureOf('done'),
        orders_acknowledged_late: figureOf('late'),
        ...(await readReroutes(database)),
        ...(await readEdits(database)),
      }
    },
  }
}

// Both parts read a partial index, as far back as they count.
const readText = `
SELECT channel_id AS channel, sum(open)::float8 AS open, sum(overdue)::float8 AS overdue, sum(done)::float8 AS done, sum(late)::float8 AS late
FROM (
  SELECT channel_id, 1 AS open, (ack_deadline < clock_timestamp())::int AS overdue, 0 AS done, 0 AS late
  FROM orders.orders WHERE ack_pending > 0 AND ack_deadline > clock_timestamp() - interval '7 days'
  UNION ALL
  SELECT channel_id, 0, 0, 1, coalesce(acked_at > ack_deadline, false)::int
  FROM orders.orders WHERE ack_pending = 0 AND acked_at > clock_timestamp() - interval '24 hours') AS told
WHERE channel_id IS NOT NULL GROUP BY channel_id ORDER BY channel_id`

async function readReroutes(database: Queryable): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.query<Readonly<Record<'waiting' | 'overdue' | 'refused', number>>>(
    `SELECT count(awaited_since)::float8 AS waiting, count(*) FILTER (WHERE refused)::float8 AS refused,
       count(*) FILTER (WHERE awaited_since < clock_timestamp() - make_interval(secs => $1))::float8 AS overdue
     FROM orders.reroutes WHERE open_since IS NOT NULL`,
    [confirmWithinSeconds],
  )
  const [{ waiting = 0, overdue = 0, refused = 0 } = {}] = rows
  return { reroutes_unconfirmed: waiting, reroutes_unconfirmed_overdue: overdue, reroutes_refused: refused }
}

async function readEdits(database: Queryable): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.query<Readonly<Record<'waiting' | 'overdue', number>>>(
    `SELECT count(*)::float8 AS waiting,
       count(*) FILTER (WHERE open_since < clock_timestamp() - make_interval(secs => $1))::float8 AS overdue
     FROM orders.edit_requests WHERE open_since IS NOT NULL`,
    [confirmEditWithinSeconds],
  )
  const [{ waiting = 0, overdue = 0 } = {}] = rows
  return { order_edits_unconfirmed: waiting, order_edits_unconfirmed_overdue: overdue }
}
