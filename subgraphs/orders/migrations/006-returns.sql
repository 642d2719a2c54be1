-- Decided here, in the transaction of the events that tell of it: no read model, so no rebuild empties it.
CREATE TABLE orders.returns (
  id       text PRIMARY KEY,
  tenant   text NOT NULL,
  order_id text NOT NULL,
  version  integer NOT NULL,
  body     jsonb NOT NULL
);
CREATE INDEX returns_of_order ON orders.returns (order_id, id);
