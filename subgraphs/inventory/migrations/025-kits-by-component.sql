-- Which kits are made up of a variant.
CREATE INDEX kits_by_component ON inventory.terms USING gin ((data->'components') jsonb_path_ops) WHERE kind = 'kit' AND NOT withdrawn;
