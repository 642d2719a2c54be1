CREATE SCHEMA IF NOT EXISTS inventory;

-- `version` is the sequence of the event a row was last written by: an older event never overwrites a newer one.
-- What a source withdraws stays as a row, so that an older event arriving late does not bring it back.

CREATE TABLE inventory.channels (
  id             text PRIMARY KEY,
  closed         boolean NOT NULL,
  name           text,
  kind           text,
  location_kinds text[],
  location_codes text[],
  methods        text[],
  version        bigint NOT NULL
);

CREATE TABLE inventory.locations (
  id           text PRIMARY KEY,
  code         text NOT NULL,
  gln          text,
  name         text NOT NULL,
  kind         text NOT NULL,
  time_zone    text NOT NULL,
  address      jsonb NOT NULL,
  capabilities text[] NOT NULL,
  active       boolean NOT NULL,
  refs         jsonb NOT NULL,
  system       text NOT NULL,
  occurred_at  timestamptz,
  received_at  timestamptz NOT NULL,
  version      bigint NOT NULL
);

CREATE TABLE inventory.positions (
  variant_id      text NOT NULL,
  location_id     text NOT NULL,
  withdrawn       boolean NOT NULL,
  on_hand         integer NOT NULL,
  sellable        integer NOT NULL,
  damaged         integer NOT NULL,
  quality_control integer NOT NULL,
  return_hold     integer NOT NULL,
  manual_hold     integer NOT NULL,
  committed       integer NOT NULL,
  incoming        integer NOT NULL,
  reorder_point   integer,
  anomaly         text,
  system          text NOT NULL,
  occurred_at     timestamptz,
  received_at     timestamptz NOT NULL,
  version         bigint NOT NULL,
  PRIMARY KEY (variant_id, location_id),
  CHECK (on_hand::bigint = sellable::bigint + damaged + quality_control + return_hold + manual_hold)
);

CREATE TABLE inventory.variants (
  id      text PRIMARY KEY,
  sku     text NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX variants_by_sku ON inventory.variants (sku);
