-- What is kept for an order is looked at when the order changes.
CREATE INDEX reservations_by_order ON inventory.reservations (order_id) WHERE order_id IS NOT NULL;

-- Units an order wants that could not be kept for it when it was changed. Written in the transaction of the event that tells of it.
CREATE TABLE inventory.order_shortages (
  tenant     text NOT NULL,
  order_id   text NOT NULL,
  variant_id text NOT NULL,
  wanted     integer NOT NULL,
  missing    integer NOT NULL,
  since      timestamptz NOT NULL,
  PRIMARY KEY (tenant, order_id, variant_id)
);
