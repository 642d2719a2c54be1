-- An order leaves in one parcel, on the day it says.
select
  o.order_id as key,
  jsonb_build_object(
    'order', jsonb_build_object('namespace', 'northwind', 'value', o.order_id::text),
    'location', jsonb_build_object('namespace', 'northwind', 'value', '1'),
    'carrier', (select s.company_name from shippers s where s.shipper_id = o.ship_via),
    'status', 'IN_TRANSIT',
    'shippedAt', o.shipped_date::text,
    'cost', o.freight::numeric(12, 2)::text,
    'currency', 'USD',
    'lines', (
      select coalesce(jsonb_agg(jsonb_build_object('lineKey', d.product_id::text, 'quantity', d.quantity) order by d.product_id), '[]')
      from order_details d
      where d.order_id = o.order_id
    )
  ) as data
from orders o
where o.shipped_date is not null
