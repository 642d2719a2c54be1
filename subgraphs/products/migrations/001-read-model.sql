CREATE SCHEMA IF NOT EXISTS products;

-- `version` is the sequence of the event a row was last written by: an older event never overwrites a newer one.

CREATE TABLE products.products (
  id            text PRIMARY KEY,
  title         text NOT NULL,
  description   text,
  brand         text,
  category_path text[] NOT NULL,
  lifecycle     text NOT NULL,
  refs          jsonb NOT NULL,
  changed_at    timestamptz NOT NULL,
  system        text NOT NULL,
  occurred_at   timestamptz,
  received_at   timestamptz NOT NULL,
  version       bigint NOT NULL
);
CREATE INDEX products_newest ON products.products (changed_at DESC, id DESC);

CREATE TABLE products.variants (
  id            text PRIMARY KEY,
  product_id    text NOT NULL,
  sku           text NOT NULL,
  gtin          text,
  title         text NOT NULL,
  options       jsonb NOT NULL,
  base_uom      text NOT NULL,
  lifecycle     text NOT NULL,
  backorderable boolean NOT NULL,
  media         jsonb NOT NULL,
  refs          jsonb NOT NULL,
  system        text NOT NULL,
  occurred_at   timestamptz,
  received_at   timestamptz NOT NULL,
  version       bigint NOT NULL
);
CREATE INDEX variants_of_product ON products.variants (product_id, sku);
CREATE INDEX variants_by_sku ON products.variants (sku);
CREATE INDEX variants_by_gtin ON products.variants (gtin) WHERE gtin IS NOT NULL;

-- A withdrawn price stays as a row, so that an older change arriving late does not bring it back.
CREATE TABLE products.prices (
  id               text PRIMARY KEY,
  variant_id       text NOT NULL,
  withdrawn        boolean NOT NULL,
  channel_id       text,
  price_list       text,
  currency         text,
  amount_minor     bigint,
  compare_at_minor bigint,
  valid_from       timestamptz,
  valid_to         timestamptz,
  system           text NOT NULL,
  occurred_at      timestamptz,
  received_at      timestamptz NOT NULL,
  version          bigint NOT NULL,
  CHECK (withdrawn OR (price_list IS NOT NULL AND currency IS NOT NULL AND amount_minor IS NOT NULL))
);
CREATE INDEX prices_of_variant ON products.prices (variant_id) WHERE NOT withdrawn;
