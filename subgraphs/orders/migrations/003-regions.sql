-- The region of each channel and location: whose orders the staff of a region see. Places are 'channel <id>' and
-- 'location <id>'; `version` is the sequence of what told it, the newest wins.
CREATE TABLE orders.regions (
  place   text PRIMARY KEY,
  region  text,
  version bigint NOT NULL
);

-- Where an order was sold or is collected; its parcels leave from places of their own.
ALTER TABLE orders.orders ADD COLUMN location_id text;
UPDATE orders.orders SET location_id = facts #>> '{content,locationId}'
WHERE facts #>> '{content,locationId}' IS NOT NULL;
