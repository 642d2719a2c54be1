-- State of commands, written in the transaction of the events that tell of it; no rebuild empties it.

CREATE TABLE inventory.transfers (
  id               text PRIMARY KEY,
  tenant           text NOT NULL,
  from_location_id text NOT NULL,
  to_location_id   text NOT NULL,
  dispatched_at    timestamptz NOT NULL,
  expected_at      timestamptz,
  closed_at        timestamptz,
  document_ref     text,
  version          integer NOT NULL
);

CREATE TABLE inventory.transfer_lines (
  transfer_id text NOT NULL REFERENCES inventory.transfers (id),
  place       integer NOT NULL,
  line_id     text NOT NULL,
  variant_id  text NOT NULL,
  dispatched  integer NOT NULL CHECK (dispatched > 0),
  received    integer NOT NULL CHECK (received >= 0),
  damaged     integer NOT NULL CHECK (damaged >= 0),
  lost        integer NOT NULL CHECK (lost >= 0),
  PRIMARY KEY (transfer_id, place),
  CHECK (received::bigint + damaged + lost <= dispatched)
);

-- As in 003, but that a leg of a transfer says nothing of sales: units that left by a reservation count as taken until a position
-- was counted, or its source went on with it, after they did; a transfer told in between must not give them back.
CREATE OR REPLACE FUNCTION inventory.balance_at(p_variant text, p_location text, p_at timestamptz, p_known timestamptz)
RETURNS TABLE (
  withdrawn boolean, sellable bigint, damaged bigint, quality_control bigint, return_hold bigint, manual_hold bigint,
  committed bigint, incoming integer, reorder_point integer, system text, feeds text[], occurred_at timestamptz,
  received_at timestamptz, version bigint
) LANGUAGE sql STABLE AS $$
  WITH read AS (
    SELECT * FROM inventory.stock_entries e
    WHERE e.variant_id = p_variant AND e.location_id = p_location AND e.kind IN ('SNAPSHOT', 'WITHDRAWN') AND e.as_of IS NULL
      AND e.happened_at <= p_at AND e.recorded_at <= p_known
    ORDER BY e.sequence DESC LIMIT 1
  ), taken AS (
    SELECT * FROM inventory.stock_entries e
    WHERE e.variant_id = p_variant AND e.location_id = p_location AND e.as_of IS NOT NULL
      AND e.as_of <= p_at AND e.recorded_at <= p_known
    ORDER BY e.as_of DESC, e.sequence DESC LIMIT 1
  ), base AS (
    -- A snapshot older than what was read already is ignored; one as new counts when it came later.
    SELECT * FROM read WHERE NOT EXISTS (
      SELECT FROM taken WHERE taken.sequence > read.sequence AND taken.as_of >= read.happened_at)
    UNION ALL
    SELECT * FROM taken WHERE NOT EXISTS (
      SELECT FROM read WHERE read.sequence > taken.sequence OR read.happened_at > taken.as_of)
  ), covered AS (
    SELECT coalesce((SELECT happened_at FROM base), '-infinity'::timestamptz) AS until
  ), counted AS (
    SELECT e.* FROM inventory.stock_entries e, covered
    WHERE e.variant_id = p_variant AND e.location_id = p_location AND e.kind = 'PHYSICAL_COUNT'
      AND e.kind NOT IN ('SNAPSHOT', 'WITHDRAWN') AND e.happened_at > covered.until AND e.happened_at <= p_at AND e.recorded_at <= p_known
    ORDER BY e.happened_at DESC, e.sequence DESC LIMIT 1
  ), moved AS (
    SELECT count(*) AS entries,
      coalesce(sum(e.sellable) FILTER (WHERE e.happened_at > coalesce((SELECT happened_at FROM counted), covered.until)), 0) AS sellable,
      coalesce(sum(e.damaged), 0) AS damaged, coalesce(sum(e.quality_control), 0) AS quality_control,
      coalesce(sum(e.return_hold), 0) AS return_hold, coalesce(sum(e.manual_hold), 0) AS manual_hold,
      coalesce(sum(e.committed), 0) AS committed, max(e.sequence) AS sequence,
      max(e.occurred_at) FILTER (WHERE e.transfer_id IS NULL) AS occurred_at,
      max(e.received_at) FILTER (WHERE e.transfer_id IS NULL) AS received_at,
      max(e.occurred_at) AS any_occurred_at, max(e.received_at) AS any_received_at, array_agg(DISTINCT e.system) AS systems
    FROM inventory.stock_entries e, covered
    WHERE e.variant_id = p_variant AND e.location_id = p_location AND e.kind NOT IN ('SNAPSHOT', 'WITHDRAWN', 'PHYSICAL_COUNT')
      AND e.happened_at > covered.until AND e.happened_at <= p_at AND e.recorded_at <= p_known
  )
  SELECT coalesce(base.kind = 'WITHDRAWN', false) AND moved.entries = 0 AND counted.sequence IS NULL,
    coalesce(counted.sellable, base.sellable, 0) + moved.sellable,
    coalesce(base.damaged, 0) + moved.damaged, coalesce(base.quality_control, 0) + moved.quality_control,
    coalesce(base.return_hold, 0) + moved.return_hold, coalesce(base.manual_hold, 0) + moved.manual_hold,
    greatest(0, coalesce(base.committed, 0) + moved.committed), coalesce(base.incoming, 0), base.reorder_point,
    coalesce(base.system, counted.system, moved.systems[1]),
    coalesce((SELECT array_agg(DISTINCT feed ORDER BY feed) FROM unnest(moved.systems || counted.system) AS feed
      WHERE feed <> coalesce(base.system, counted.system, moved.systems[1])), '{}'),
    CASE WHEN coalesce(base.received_at, counted.received_at, moved.received_at) IS NULL THEN moved.any_occurred_at
      ELSE greatest(base.occurred_at, counted.occurred_at, moved.occurred_at) END,
    coalesce(greatest(base.received_at, counted.received_at, moved.received_at), moved.any_received_at),
    greatest(base.sequence, counted.sequence, moved.sequence)
  FROM moved LEFT JOIN base ON true LEFT JOIN counted ON true
  WHERE base.sequence IS NOT NULL OR counted.sequence IS NOT NULL OR moved.entries > 0
$$;
