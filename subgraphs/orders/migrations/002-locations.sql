-- Where an order's parcels leave from: what a store's staff see is chosen by it.
ALTER TABLE orders.orders ADD COLUMN location_ids text[] NOT NULL DEFAULT '{}';
UPDATE orders.orders o SET location_ids = l.ids
FROM (
  SELECT id, array_agg(DISTINCT s.value #>> '{content,locationId}') AS ids
  FROM orders.orders, jsonb_array_elements(facts -> 'shipments') s
  WHERE s.value #>> '{content,locationId}' IS NOT NULL
  GROUP BY id) l
WHERE l.id = o.id;
CREATE INDEX orders_of_locations ON orders.orders USING gin (location_ids);
