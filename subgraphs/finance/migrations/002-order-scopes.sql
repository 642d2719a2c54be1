-- Whose each order is: what a viewer may see of its money is decided by it. Every column is the newest told.
CREATE TABLE finance.orders (
  id              text PRIMARY KEY,
  channel_id      text,
  profile_id      text,
  content_version bigint NOT NULL DEFAULT 0
);

CREATE TABLE finance.order_locations (
  order_id    text NOT NULL,
  shipment_id text NOT NULL,
  location_id text,
  version     bigint NOT NULL,
  PRIMARY KEY (order_id, shipment_id)
);

CREATE TABLE finance.profile_customers (
  profile_id  text PRIMARY KEY,
  customer_id text NOT NULL,
  version     bigint NOT NULL
);
