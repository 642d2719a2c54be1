-- A section enters by one statement in place of seven, and whoever asks for what is sold out is told so by one. Each statement of a
-- volatile function sees what was committed before it began, so what follows a lock reads what the lock is for. One plan serves all
-- calls of a connection: the planner would make one each time, which costs more than all it could win. It goes by the indexes whatever
-- it was made for: one made while the tables are small would read them whole for as long as the connection lasts.

-- Takes the locks of variants to the end of the transaction, in one order everywhere, with those of what reservations are named
-- and of what owners, locked before, hold. A row for each; `held` where an owner holds some of it or a reservation of it was named.
CREATE FUNCTION inventory.lock_variants(variants text[], reservations text[], tenants text[], kinds text[], owners text[])
RETURNS TABLE (locked_variant text, held boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
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

-- Positions and the holds that count at `at`, all at one moment: the sums, less what has run out and is not tidied yet. `left_at`
-- is of units that left and may not be counted yet.
CREATE FUNCTION inventory.read_section(variants text[], OUT positions json, OUT holds json, OUT at timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  WITH clock AS MATERIALIZED (SELECT date_trunc('milliseconds', clock_timestamp()) AS now)
  SELECT
    (SELECT json_agg(known) FROM (
      SELECT variant_id, location_id, on_hand, sellable, damaged, quality_control, return_hold, manual_hold, committed, incoming,
        reorder_point, anomaly, system, feeds, occurred_at, received_at, version
      FROM inventory.positions WHERE variant_id = ANY (variants) AND NOT withdrawn ORDER BY variant_id, location_id
    ) AS known),
    (SELECT json_agg(hold) FROM (
      SELECT variant_id, location_id, channel_id, held + confirmed AS units, null::timestamptz AS left_at
      FROM inventory.reservation_totals WHERE variant_id = ANY (variants) AND held + confirmed > 0
      UNION ALL
      SELECT variant_id, coalesce(location_id, ''), channel_id, -sum(held)::bigint, null
      FROM inventory.reservations WHERE variant_id = ANY (variants) AND held > 0 AND expires_at <= (SELECT now FROM clock)
      GROUP BY variant_id, location_id, channel_id
      UNION ALL
      SELECT variant_id, location_id, channel_id, sum(quantity)::bigint, occurred_at
      FROM inventory.reservation_issues WHERE variant_id = ANY (variants)
      GROUP BY variant_id, location_id, channel_id, occurred_at
    ) AS hold),
    clock.now
  INTO positions, holds, at FROM clock;
END
$$;

-- Claims the keys of commands to the end of the transaction, without waiting, and tells what is known of each: its record, or, of
-- those that reserve, the reservations they made, whose ids sort by the order they were given out.
CREATE FUNCTION inventory.claim_commands(keys uuid[], reserving uuid[], made_seconds integer, OUT claimed json, OUT made json)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  claimed := (SELECT json_agg(claim) FROM idempotency.claim(keys) AS claim);
  IF cardinality(reserving) > 0 THEN
    made := (SELECT json_agg(reservation) FROM (
      SELECT replace(command_id::text, '-', '') AS command_id, fingerprint, id, line_id, variant_id, substituted_for,
        CASE WHEN placed_first IS NULL THEN location_id ELSE nullif(placed_first, '') END AS location_id, quantity, created_at
      FROM inventory.reservations
      WHERE command_id = ANY (reserving) AND created_at > clock_timestamp() - made_seconds * interval '1 second' ORDER BY id
    ) AS reservation);
  END IF;
END
$$;

-- Locks what commands touch, owners before variants, claims their keys and reads what they are decided on. Keys are seen to while the
-- section before still holds the variants. `held`: whether there are reservations to read, named ones or ones an owner holds.
CREATE FUNCTION inventory.enter_section(
  variants text[], reservations text[], tenants text[], kinds text[], owners text[], keys uuid[], reserving uuid[],
  made_seconds integer,
  OUT claimed json, OUT made json, OUT locked text[], OUT held boolean, OUT positions json, OUT holds json, OUT at timestamptz)
LANGUAGE plpgsql VOLATILE
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF cardinality(owners) > 0 THEN
    PERFORM pg_advisory_xact_lock(each.key) FROM (
      SELECT DISTINCT hashtextextended(owner.tenant || ' ' || owner.kind || ' ' || owner.id, 7300003) AS key
      FROM unnest(tenants, kinds, owners) AS owner (tenant, kind, id) ORDER BY 1 OFFSET 0) AS each;
  END IF;
  SELECT * INTO claimed, made FROM inventory.claim_commands(keys, reserving, made_seconds);
  SELECT coalesce(array_agg(each.locked_variant), '{}'), coalesce(bool_or(each.held), false) INTO locked, held
  FROM inventory.lock_variants(variants, reservations, tenants, kinds, owners) AS each;
  SELECT * INTO positions, holds, at FROM inventory.read_section(locked);
END
$$;

-- The same without a lock, of commands that reserve: what is read can refuse a command and nothing else. Keys come after it, so that
-- no twin of a command can have taken what it is refused: one that has committed is read here, one under way has the key.
-- `holding`: the places of owners that hold something, which would be given back first.
CREATE FUNCTION inventory.glance_section(
  variants text[], tenants text[], kinds text[], owners text[], keys uuid[], made_seconds integer,
  OUT claimed json, OUT made json, OUT holding integer[], OUT positions json, OUT holds json, OUT at timestamptz)
LANGUAGE plpgsql VOLATILE
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  SELECT * INTO positions, holds, at FROM inventory.read_section(variants);
  holding := ARRAY(
    SELECT DISTINCT owner.place::integer FROM unnest(tenants, kinds, owners) WITH ORDINALITY AS owner (tenant, kind, id, place)
    JOIN inventory.reservations AS own ON own.owner_id = owner.id AND own.owner_kind = owner.kind
      AND own.tenant = owner.tenant AND own.held > 0);
  SELECT * INTO claimed, made FROM inventory.claim_commands(keys, keys, made_seconds);
END
$$;
