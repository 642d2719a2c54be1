-- What lies on the shelf is the sum of the statuses; qty_alc is a part of qty_avl.
select s.stk_id as key,
  jsonb_build_object(
    'variant', jsonb_build_object('namespace', 'sku', 'value', s.sku_cd),
    'location', jsonb_build_object('namespace', 'location-code', 'value', s.node_cd),
    'onHand', s.qty_avl + s.qty_dmg + s.qty_hld + s.qty_qc + s.qty_rtn,
    'damaged', s.qty_dmg,
    'qualityControl', s.qty_qc,
    'returnHold', s.qty_rtn,
    'manualHold', s.qty_hld,
    'committed', s.qty_alc,
    'incoming', s.qty_inb,
    'reorderPoint', s.min_lvl,
    'occurredAt', s.upd_ts
  ) as data
from wms_stk s
