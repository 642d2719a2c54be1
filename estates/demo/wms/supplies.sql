-- Announced receipts only: one that arrived is stock.
select r.rcpt_no as key,
  jsonb_build_object(
    'kind', 'PURCHASE_ORDER',
    'variant', jsonb_build_object('namespace', 'sku', 'value', r.sku_cd),
    'destination', jsonb_build_object('namespace', 'location-code', 'value', r.node_cd),
    'quantity', r.exp_qty,
    'received', r.rcv_qty,
    'eta', r.eta_ts,
    'confidence', 0.9,
    'state', 'IN_TRANSIT'
  ) as data
from wms_rcpt r
where r.sts = 10
