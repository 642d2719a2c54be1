-- Edits that were asked for here: decided in the transaction of the events that tell of them, so no rebuild empties it.
CREATE TABLE orders.edit_requests (
  id         text PRIMARY KEY,
  tenant     text NOT NULL,
  order_id   text NOT NULL,
  -- Since when stock, or the channel's system, is to answer; null: nobody is.
  open_since timestamptz,
  body       jsonb NOT NULL
);
CREATE INDEX edit_requests_of_order ON orders.edit_requests (order_id, id);
-- One at a time of an order.
CREATE UNIQUE INDEX edit_requests_under_way ON orders.edit_requests (tenant, order_id) WHERE open_since IS NOT NULL;
CREATE INDEX edit_requests_open ON orders.edit_requests (tenant, open_since, id) WHERE open_since IS NOT NULL;
