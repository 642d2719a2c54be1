-- Everything that was ever said of a position: what a source counted (SNAPSHOT, WITHDRAWN) and what moved. Rows are never changed.
-- `happened_at` is what an entry speaks of: of a snapshot the moment up to which it covers what moved.
CREATE TABLE inventory.stock_entries (
  variant_id      text NOT NULL,
  location_id     text NOT NULL,
  sequence        bigint NOT NULL,
  kind            text NOT NULL,
  happened_at     timestamptz NOT NULL,
  -- Of a snapshot taken as a whole, late or not; null where the source was read when it changed.
  as_of           timestamptz,
  recorded_at     timestamptz NOT NULL,
  -- Absolute in a snapshot, and the sellable units of a count; else what changed.
  sellable        integer NOT NULL,
  damaged         integer NOT NULL,
  quality_control integer NOT NULL,
  return_hold     integer NOT NULL,
  manual_hold     integer NOT NULL,
  committed       integer NOT NULL,
  incoming        integer NOT NULL,
  reorder_point   integer,
  movement        jsonb,
  transfer_id     text,
  system          text NOT NULL,
  occurred_at     timestamptz,
  received_at     timestamptz NOT NULL,
  PRIMARY KEY (variant_id, location_id, sequence)
);
CREATE INDEX stock_entries_read ON inventory.stock_entries (variant_id, location_id, sequence)
  WHERE kind IN ('SNAPSHOT', 'WITHDRAWN') AND as_of IS NULL;
CREATE INDEX stock_entries_taken ON inventory.stock_entries (variant_id, location_id, as_of, sequence) WHERE as_of IS NOT NULL;
CREATE INDEX stock_entries_moved ON inventory.stock_entries (variant_id, location_id, happened_at, sequence)
  WHERE kind NOT IN ('SNAPSHOT', 'WITHDRAWN');
CREATE INDEX stock_entries_transfers ON inventory.stock_entries (transfer_id) WHERE transfer_id IS NOT NULL;

ALTER TABLE inventory.positions ADD COLUMN feeds text[] NOT NULL DEFAULT '{}';

-- What was true at `p_at`, as far as it was known at `p_known`: the snapshot that counts, the last count after it, and what moved
-- since. Depends on the set of entries alone, never on the order in which they came.
CREATE FUNCTION inventory.balance_at(p_variant text, p_location text, p_at timestamptz, p_known timestamptz)
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
      coalesce(sum(e.committed), 0) AS committed, max(e.sequence) AS sequence, max(e.occurred_at) AS occurred_at,
      max(e.received_at) AS received_at, array_agg(DISTINCT e.system) AS systems
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
    greatest(base.occurred_at, counted.occurred_at, moved.occurred_at),
    greatest(base.received_at, counted.received_at, moved.received_at),
    greatest(base.sequence, counted.sequence, moved.sequence)
  FROM moved LEFT JOIN base ON true LEFT JOIN counted ON true
  WHERE base.sequence IS NOT NULL OR counted.sequence IS NOT NULL OR moved.entries > 0
$$;

-- What the processes remember. No rebuild empties it.
CREATE TABLE inventory.watched_positions (
  variant_id  text NOT NULL,
  location_id text NOT NULL,
  state       jsonb NOT NULL,
  PRIMARY KEY (variant_id, location_id)
);

CREATE TABLE inventory.watched_streams (
  system text NOT NULL,
  stream text NOT NULL,
  state  jsonb NOT NULL,
  PRIMARY KEY (system, stream)
);

CREATE TABLE inventory.shortfalls (
  variant_id  text NOT NULL,
  location_id text NOT NULL,
  units       integer NOT NULL,
  orders      jsonb NOT NULL,
  detected_at timestamptz NOT NULL,
  resolved_at timestamptz,
  version     bigint NOT NULL,
  PRIMARY KEY (variant_id, location_id)
);
CREATE INDEX shortfalls_open ON inventory.shortfalls (detected_at, variant_id, location_id) WHERE resolved_at IS NULL;

CREATE TABLE inventory.sequence_gaps (
  system      text NOT NULL,
  stream      text NOT NULL,
  missing     jsonb NOT NULL,
  detected_at timestamptz NOT NULL,
  version     bigint NOT NULL,
  PRIMARY KEY (system, stream)
);
