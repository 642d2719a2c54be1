-- Takes the locks of a section in one order everywhere, owners before variants, so that sections wait for each other and never
-- deadlock. What the owners hold is read once their locks are had: each statement of a function sees what was committed before it.
-- A row for each variant locked; `held` where an owner holds some of it.
CREATE FUNCTION inventory.lock_section(variants text[], reservations text[], tenants text[], kinds text[], owners text[])
RETURNS TABLE (locked_variant text, held boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(keys.key) FROM (
    SELECT DISTINCT hashtextextended(owner.tenant || ' ' || owner.kind || ' ' || owner.id, 7300003) AS key
    FROM unnest(tenants, kinds, owners) AS owner (tenant, kind, id) ORDER BY 1) AS keys;
  RETURN QUERY
    SELECT targets.variant_id, targets.held FROM (
      SELECT every.variant_id, bool_or(every.held) AS held, hashtextextended(every.variant_id, 7300004) AS key FROM (
        SELECT given.variant_id, false AS held FROM unnest(variants) AS given (variant_id)
        UNION ALL
        SELECT named.variant_id, true FROM inventory.reservations AS named WHERE named.id = ANY (reservations)
        UNION ALL
        SELECT own.variant_id, true FROM unnest(tenants, kinds, owners) AS owner (tenant, kind, id)
        JOIN inventory.reservations AS own ON own.owner_id = owner.id AND own.owner_kind = owner.kind
          AND own.tenant = owner.tenant AND own.held > 0
      ) AS every GROUP BY every.variant_id ORDER BY key, every.variant_id
      -- Keeps the planner from locking before it has sorted.
      OFFSET 0
    ) AS targets WHERE pg_advisory_xact_lock(targets.key) IS NOT NULL;
END
$$;
