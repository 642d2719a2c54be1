-- What a kit is made up of.
CREATE FUNCTION inventory.components_of(kit jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(part->>'variantId'), '{}') FROM jsonb_array_elements(kit->'components') AS part
$$;

CREATE INDEX kits_by_component ON inventory.terms USING gin (inventory.components_of(data)) WITH (fastupdate = off)
  WHERE kind = 'kit' AND NOT withdrawn;

-- Which kits are made up of variants, one search of the index for each: one for all of them costs their square. By the index whatever
-- the plan was made for: while there are few terms the planner would read them all.
CREATE FUNCTION inventory.kits_of(variants text[]) RETURNS TABLE (kit text, component text)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_indexscan = off
  SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY
    SELECT made.variant_id, touched.id FROM unnest(variants) AS touched (id)
    CROSS JOIN LATERAL (
      SELECT terms.variant_id FROM inventory.terms
      WHERE terms.kind = 'kit' AND NOT terms.withdrawn AND terms.variant_id IS NOT NULL
        AND inventory.components_of(terms.data) @> ARRAY[touched.id]
      OFFSET 0
    ) AS made;
END
$$;
