select f.id as key,
  jsonb_build_object(
    'order', (select jsonb_build_object('namespace', 'order-number', 'value', t.merchant_ref) from txn t where t.id = f.txn_id),
    'payment', jsonb_build_object('namespace', 'psp', 'value', f.txn_id),
    'returnId', f.return_ref,
    'amount', round(f.amount_minor / 100.0, 2)::text,
    'currency', (select t.currency from txn t where t.id = f.txn_id),
    'status', case f.state
      when 'requested' then 'DUE' when 'approved' then 'APPROVED' when 'pending' then 'SUBMITTED' when 'succeeded' then 'SUCCEEDED'
      when 'failed' then 'FAILED' when 'reversed' then 'REVERSED' when 'canceled' then 'CANCELLED'
      else f.state end,
    'reason', f.reason,
    'createdAt', f.created_at
  ) as data
from refund f
