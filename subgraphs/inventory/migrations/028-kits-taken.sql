-- Which kit units are kept for, and how many of them one kit takes: of the first of its components, which stands for the kit. Null again when
-- nothing is kept any more. The index names no column that changes when an order is consumed: such an update stays within its page.
ALTER TABLE inventory.reservations ADD COLUMN kit_id text, ADD COLUMN kit_units integer CHECK (kit_units > 0);
CREATE INDEX reservations_of_kits ON inventory.reservations (kit_id, channel_id) WHERE kit_id IS NOT NULL;

ALTER TABLE inventory.channel_issues ADD COLUMN kit_id text, ADD COLUMN kit_units integer CHECK (kit_units > 0);
CREATE INDEX channel_issues_by_kit ON inventory.channel_issues (kit_id, channel_id, occurred_at) WHERE kit_id IS NOT NULL;

-- Kits taken of each quota: those that are kept, and those that left after its moment; a row for each, in order. One statement, so
-- that a kit which leaves meanwhile is one of the two. What has run out counts for a second more: a section's clock may be behind.
CREATE FUNCTION inventory.read_kits_taken(kits text[], channels text[], since timestamptz[])
RETURNS TABLE (units double precision)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
    SELECT (
      SELECT coalesce(sum(taken.of_components / taken.kit_units::double precision), 0) FROM (
        SELECT every.kit_units, sum(every.of_components) AS of_components FROM (
          SELECT kept.kit_units, kept.confirmed - kept.allocated
            + CASE WHEN kept.expires_at > clock_timestamp() - interval '1 second' THEN kept.held ELSE 0 END AS of_components
          FROM inventory.reservations AS kept WHERE kept.kit_id = quota.kit_id AND kept.channel_id = quota.channel_id
          UNION ALL
          SELECT issue.kit_units, issue.units FROM inventory.channel_issues AS issue
          WHERE issue.kit_id = quota.kit_id AND issue.channel_id = quota.channel_id AND issue.occurred_at > quota.since
        ) AS every GROUP BY every.kit_units
      ) AS taken)
    FROM unnest(kits, channels, since) WITH ORDINALITY AS quota (kit_id, channel_id, since, place) ORDER BY quota.place;
END
$$;
