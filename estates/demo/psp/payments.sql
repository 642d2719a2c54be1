-- The state tells captures; what went back is in the refunds.
select t.id as key,
  jsonb_build_object(
    'order', jsonb_build_object('namespace', 'order-number', 'value', t.merchant_ref),
    'psp', t.provider,
    'pspReference', t.provider_ref,
    'method', t.method,
    'status', case t.state
      when 'created' then 'INITIATED' when 'requires_capture' then 'AUTHORIZED' when 'partially_captured' then 'PARTIALLY_CAPTURED'
      when 'succeeded' then case
        when r.total >= c.total and r.total > 0 then 'REFUNDED' when r.total > 0 then 'PARTIALLY_REFUNDED' else 'CAPTURED' end
      when 'voided' then 'VOIDED' when 'expired' then 'EXPIRED' when 'declined' then 'FAILED' when 'disputed' then 'DISPUTED'
      else t.state end,
    'currency', t.currency,
    'authorized', round(t.authorized_minor / 100.0, 2)::text,
    'captured', round(c.total / 100.0, 2)::text,
    'refunded', round(r.total / 100.0, 2)::text,
    'authorizedAt', t.authorized_at,
    'capturedAt', c.last_at
  ) as data
from txn t
cross join lateral (select coalesce(sum(k.amount_minor), 0) as total, max(k.captured_at) as last_at from capture k where k.txn_id = t.id) c
cross join lateral (select coalesce(sum(f.amount_minor), 0) as total from refund f where f.txn_id = t.id and f.state = 'succeeded') r
