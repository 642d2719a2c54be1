-- What a channel was told of an order, to count by: derived from `facts` like the other columns.
ALTER TABLE orders.orders
  ADD COLUMN ack_deadline timestamptz,
  -- Units it was told nothing of; null: it asks for nothing.
  ADD COLUMN ack_pending  bigint,
  ADD COLUMN acked_at     timestamptz;
CREATE INDEX orders_unacknowledged ON orders.orders (ack_deadline) WHERE ack_pending > 0;
CREATE INDEX orders_acknowledged ON orders.orders (acked_at) WHERE ack_pending = 0;
