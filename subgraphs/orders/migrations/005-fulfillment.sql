-- Decided here, in the transaction of the events that tell of it: no read model, so no rebuild empties it.

CREATE TABLE orders.fulfillment_orders (
  id       text PRIMARY KEY,
  tenant   text NOT NULL,
  order_id text NOT NULL,
  version  integer NOT NULL,
  body     jsonb NOT NULL
);
CREATE INDEX fulfillment_orders_of_order ON orders.fulfillment_orders (order_id, id);

CREATE TABLE orders.reroutes (
  id       text PRIMARY KEY,
  tenant   text NOT NULL,
  order_id text NOT NULL,
  -- Since when a system has not confirmed it, or nobody has decided what could not be done; null: nothing is open.
  open_since  timestamptz,
  -- Since when stock, or a system, is to answer; null: nobody is.
  awaited_since timestamptz,
  refused  boolean NOT NULL,
  body     jsonb NOT NULL
);
CREATE INDEX reroutes_of_order ON orders.reroutes (order_id, id);
CREATE INDEX reroutes_open ON orders.reroutes (tenant, open_since, id) WHERE open_since IS NOT NULL;
