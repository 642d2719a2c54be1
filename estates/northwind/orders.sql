-- Freight is what the shipment cost Northwind, so it is told with the shipment and is no part of the order's total.
select
  o.order_id as key,
  jsonb_build_object(
    'number', o.order_id::text,
    'channelId', 'wholesale',
    'externalNumber', o.order_id::text,
    'customer', case
      when o.customer_id is not null then jsonb_build_object('namespace', 'northwind', 'value', o.customer_id)
    end,
    'placedAt', o.order_date::text,
    'currency', 'USD',
    'taxIncluded', false,
    'status', case when o.shipped_date is null then 'ACCEPTED' else 'SHIPPED' end,
    'statusAt', coalesce(o.shipped_date, o.order_date)::text,
    'lines', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'key', d.product_id::text,
        'variant', jsonb_build_object('namespace', 'northwind', 'value', d.product_id::text),
        'sku', 'NW-' || d.product_id,
        'title', (select p.product_name from products p where p.product_id = d.product_id),
        'quantity', d.quantity,
        'unitPrice', d.unit_price::numeric(12, 2)::text,
        'discount', round(d.unit_price::numeric(12, 2) * d.quantity * d.discount::numeric, 2)::text
      ) order by d.product_id), '[]')
      from order_details d
      where d.order_id = o.order_id
    ),
    'shipTo', jsonb_build_object(
      'name', nullif(o.ship_name, ''),
      'line1', nullif(o.ship_address, ''),
      'city', nullif(o.ship_city, ''),
      'region', nullif(o.ship_region, ''),
      'postalCode', nullif(o.ship_postal_code, ''),
      'country', nullif(o.ship_country, '')
    ),
    'identifiers', jsonb_build_array(jsonb_build_object('namespace', 'order-number', 'value', o.order_id::text))
  ) as data
from orders o
