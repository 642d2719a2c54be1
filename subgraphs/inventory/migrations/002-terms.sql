-- What is agreed about selling stock: safety rules, exclusions, allocations, buffers, supply, kits, velocities, selling terms, calendars.
CREATE TABLE inventory.terms (
  id          text PRIMARY KEY,
  kind        text NOT NULL,
  withdrawn   boolean NOT NULL,
  -- null: of no variant in particular.
  variant_id  text,
  data        jsonb NOT NULL,
  version     bigint NOT NULL
);
CREATE INDEX terms_by_variant ON inventory.terms (variant_id) WHERE variant_id IS NOT NULL AND NOT withdrawn;
CREATE INDEX terms_of_all ON inventory.terms (kind) WHERE variant_id IS NULL AND NOT withdrawn;

ALTER TABLE inventory.variants
  ADD COLUMN product_id    text,
  ADD COLUMN lifecycle     text,
  ADD COLUMN backorderable boolean;

CREATE TABLE inventory.products (
  id            text PRIMARY KEY,
  category_path text[] NOT NULL,
  version       bigint NOT NULL
);

ALTER TABLE inventory.channels ADD COLUMN in_transit jsonb;
ALTER TABLE inventory.locations ADD COLUMN geo jsonb;
