-- What the source of an order that is followed here said last: an edit that gives way to it may be told of later than that.
CREATE TABLE inventory.order_demands (
  tenant   text NOT NULL,
  order_id text NOT NULL,
  lines    jsonb NOT NULL,
  PRIMARY KEY (tenant, order_id)
);
