-- Lists of positions: of locations, of those whose numbers cannot be true, and of those that hold less than was promised. By no column
-- that a movement changes: such an update stays within its page.
CREATE INDEX positions_by_location ON inventory.positions (location_id, variant_id) WHERE NOT withdrawn;
CREATE INDEX positions_with_anomaly ON inventory.positions (variant_id, location_id) WHERE anomaly IS NOT NULL AND NOT withdrawn;
CREATE INDEX shortfalls_by_position ON inventory.shortfalls (variant_id, location_id) WHERE resolved_at IS NULL;
