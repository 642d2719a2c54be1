select h.ship_no as key,
  jsonb_build_object(
    'order', jsonb_build_object('namespace', 'order-number', 'value', h.ord_ref),
    'location', jsonb_build_object('namespace', 'location-code', 'value', h.node_cd),
    'carrier', h.carr_cd,
    'trackingNumber', h.trk_no,
    'status', case h.sts
      when 10 then 'LABEL_CREATED' when 20 then 'PRE_TRANSIT' when 30 then 'IN_TRANSIT' when 35 then 'OUT_FOR_DELIVERY'
      when 40 then 'DELIVERED' when 50 then 'EXCEPTION' when 60 then 'RETURN_TO_SENDER' when 90 then 'CANCELLED'
      else h.sts::text end,
    'shippedAt', h.shp_ts,
    'deliveredAt', h.dlv_ts,
    'cost', h.frt_amt::text,
    'currency', h.frt_cur,
    'lines', (
      select coalesce(jsonb_agg(jsonb_build_object('lineKey', l.ord_ln::text, 'quantity', l.qty) order by l.ln_no), '[]')
      from wms_ship_ln l where l.ship_no = h.ship_no)
  ) as data
from wms_ship h
