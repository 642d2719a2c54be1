-- State of commands, written in the transaction of the events that tell of it; no rebuild empties it.

CREATE TABLE inventory.reservations (
  id          text PRIMARY KEY,
  tenant      text NOT NULL,
  client_id   text NOT NULL,
  owner_kind  text NOT NULL,
  owner_id    text NOT NULL,
  line_id     text NOT NULL,
  channel_id  text NOT NULL,
  method      text NOT NULL,
  variant_id  text NOT NULL,
  -- null: promised of the channel's network, not yet placed at a location.
  location_id text,
  quantity    integer NOT NULL CHECK (quantity > 0),
  held        integer NOT NULL CHECK (held >= 0),
  confirmed   integer NOT NULL CHECK (confirmed >= 0),
  consumed    integer NOT NULL CHECK (consumed >= 0),
  released    integer NOT NULL CHECK (released >= 0),
  expired     integer NOT NULL CHECK (expired >= 0),
  -- Of the confirmed units, those the source's own `committed` counts already.
  allocated   integer NOT NULL CHECK (allocated >= 0 AND allocated <= confirmed),
  extensions  integer NOT NULL,
  order_id    text,
  expires_at  timestamptz NOT NULL,
  created_at  timestamptz NOT NULL,
  version     integer NOT NULL,
  CHECK (quantity = held::bigint + confirmed + consumed + released + expired)
) WITH (fillfactor = 80);
CREATE INDEX reservations_held ON inventory.reservations (variant_id, expires_at) WHERE held > 0;
CREATE INDEX reservations_held_by_owner ON inventory.reservations (owner_id, owner_kind) WHERE held > 0;

-- Sums of the rows above, so that admitting one more does not count them all. `held` still holds what ran out and is not yet
-- tidied. Location '' is for what is not placed.
CREATE TABLE inventory.reservation_totals (
  variant_id  text NOT NULL,
  location_id text NOT NULL,
  channel_id  text NOT NULL,
  held        bigint NOT NULL CHECK (held >= 0),
  -- Confirmed and not allocated.
  confirmed   bigint NOT NULL CHECK (confirmed >= 0),
  consumed    bigint NOT NULL CHECK (consumed >= 0),
  PRIMARY KEY (variant_id, location_id, channel_id)
) WITH (fillfactor = 50);

-- Units that left by a reservation: they stay taken until a count of the position is not older than they are.
CREATE TABLE inventory.reservation_issues (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  variant_id  text NOT NULL,
  location_id text NOT NULL,
  channel_id  text NOT NULL,
  quantity    integer NOT NULL CHECK (quantity > 0),
  occurred_at timestamptz NOT NULL
);
CREATE INDEX reservation_issues_by_position ON inventory.reservation_issues (variant_id, location_id);
