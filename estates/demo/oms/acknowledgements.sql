select a.ack_id as key,
  jsonb_build_object(
    'order', jsonb_build_object('namespace', 'order-number', 'value', o.order_no),
    'acknowledgedAt', a.acked_at,
    'deadline', o.ack_by,
    'lines', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'lineKey', l.line_no::text,
        'acknowledged', l.acked_qty,
        'rejected', l.refused_qty,
        'reason', l.reason
        ) order by l.line_no), '[]')
      from market_ack_line l
      where l.ack_id = a.ack_id)
  ) as data
from market_ack a
join sales_order o on o.order_id = a.order_id
