CREATE SCHEMA IF NOT EXISTS orders;

-- `facts` is the truth; the columns beside it are derived from it to find and sort by. A row without `placed_at`
-- holds facts of an order that is not known itself yet.
CREATE TABLE orders.orders (
  id              text PRIMARY KEY,
  number          text,
  channel_id      text,
  external_number text,
  profile_id      text,
  placed_at       timestamptz,
  public_status   text,
  facts           jsonb NOT NULL
);
CREATE INDEX orders_newest ON orders.orders (placed_at DESC, id DESC);
CREATE INDEX orders_of_channel ON orders.orders (channel_id, placed_at DESC, id DESC);
CREATE INDEX orders_of_profile ON orders.orders (profile_id, placed_at DESC, id DESC);
CREATE INDEX orders_of_status ON orders.orders (public_status, placed_at DESC, id DESC);
CREATE INDEX orders_by_number ON orders.orders (number);
CREATE INDEX orders_by_external_number ON orders.orders (external_number, channel_id);

-- Lines and shipments are found through their order.
CREATE TABLE orders.parts (
  id       text PRIMARY KEY,
  order_id text NOT NULL
);

CREATE TABLE orders.timeline (
  order_id text NOT NULL,
  event_id text NOT NULL,
  at       timestamptz NOT NULL,
  kind     text NOT NULL,
  system   text NOT NULL,
  inferred boolean NOT NULL,
  detail   jsonb NOT NULL,
  PRIMARY KEY (order_id, event_id)
);

-- Which customer each profile belongs to; `version` is the sequence of the link, the newest wins.
CREATE TABLE orders.profile_customers (
  profile_id  text PRIMARY KEY,
  customer_id text NOT NULL,
  version     bigint NOT NULL
);
CREATE INDEX profiles_of_customer ON orders.profile_customers (customer_id);
