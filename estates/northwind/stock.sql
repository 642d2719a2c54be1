select
  p.product_id as key,
  jsonb_build_object(
    'variant', jsonb_build_object('namespace', 'northwind', 'value', p.product_id::text),
    'location', jsonb_build_object('namespace', 'northwind', 'value', '1'),
    'onHand', coalesce(p.units_in_stock, 0),
    'incoming', coalesce(p.units_on_order, 0),
    'reorderPoint', p.reorder_level
  ) as data
from products p
