-- What was told of each order's public status: the memory of the process that tells of changes, no read model.
CREATE TABLE orders.told_statuses (
  order_id      text PRIMARY KEY,
  facts         jsonb NOT NULL,
  -- null while nothing but a neighbour's facts are known of the order.
  public_status text
);
