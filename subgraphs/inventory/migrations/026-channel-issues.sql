-- Units that left for a channel by a reservation, or that the source commits itself, each unit once, as of when it did. A quota says how
-- much of it was sold as of a moment: what left after that is counted here, whoever has counted the shelves since. State of commands,
-- written in the transaction of the events that tell of it; no rebuild empties it.
CREATE TABLE inventory.channel_issues (
  id             bigint GENERATED ALWAYS AS IDENTITY,
  reservation_id text NOT NULL,
  variant_id     text NOT NULL,
  channel_id     text NOT NULL,
  occurred_at    timestamptz NOT NULL,
  -- Less what was given back after all.
  units          integer NOT NULL CHECK (units >= 0),
  PRIMARY KEY (reservation_id, id)
);
CREATE INDEX channel_issues_by_channel ON inventory.channel_issues (variant_id, channel_id, occurred_at) INCLUDE (units);

-- Units of each quota that left after its moment; a row for each, in order. By the index whatever the plan was made for.
CREATE FUNCTION inventory.read_sold(variants text[], channels text[], since timestamptz[])
RETURNS TABLE (units integer)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
    SELECT (
      SELECT coalesce(sum(issue.units), 0)::integer FROM inventory.channel_issues AS issue
      WHERE issue.variant_id = quota.variant_id AND issue.channel_id = quota.channel_id AND issue.occurred_at > quota.since)
    FROM unnest(variants, channels, since) WITH ORDINALITY AS quota (variant_id, channel_id, since, place) ORDER BY quota.place;
END
$$;
