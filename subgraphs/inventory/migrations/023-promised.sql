-- What was said of units that were not here, of a reservation of what is yet to come: kind, moment, whether it is sure and by what.
ALTER TABLE inventory.reservations ADD COLUMN promise jsonb;

-- As before, with what was promised.
CREATE OR REPLACE FUNCTION inventory.claim_commands(keys uuid[], reserving uuid[], made_seconds integer, OUT claimed json, OUT made json)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  claimed := (SELECT json_agg(claim) FROM idempotency.claim(keys) AS claim);
  IF cardinality(reserving) > 0 THEN
    made := (SELECT json_agg(reservation) FROM (
      SELECT replace(command_id::text, '-', '') AS command_id, fingerprint, id, line_id, variant_id, substituted_for,
        CASE WHEN placed_first IS NULL THEN location_id ELSE nullif(placed_first, '') END AS location_id, promise, quantity, created_at
      FROM inventory.reservations
      WHERE command_id = ANY (reserving) AND created_at > clock_timestamp() - made_seconds * interval '1 second' ORDER BY id
    ) AS reservation);
  END IF;
END
$$;
