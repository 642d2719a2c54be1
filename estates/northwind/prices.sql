-- unit_price is a float4: six digits are what it holds exactly.
select
  p.product_id as key,
  jsonb_build_object(
    'variant', jsonb_build_object('namespace', 'northwind', 'value', p.product_id::text),
    'priceList', 'standard',
    'currency', 'USD',
    'amount', p.unit_price::numeric(12, 2)::text
  ) as data
from products p
where p.unit_price is not null
