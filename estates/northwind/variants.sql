select
  p.product_id as key,
  jsonb_build_object(
    'sku', 'NW-' || p.product_id,
    'title', p.product_name,
    'product', jsonb_build_object(
      'key', p.product_id::text,
      'title', p.product_name,
      'description', nullif(p.quantity_per_unit, ''),
      'brand', (select s.company_name from suppliers s where s.supplier_id = p.supplier_id),
      'categoryPath', coalesce(
        (select jsonb_build_array(c.category_name) from categories c where c.category_id = p.category_id),
        '[]'
      )
    ),
    'lifecycle', case when p.discontinued = 0 then 'ACTIVE' else 'DISCONTINUED' end,
    'identifiers', jsonb_build_array(jsonb_build_object('namespace', 'sku', 'value', 'NW-' || p.product_id))
  ) as data
from products p
