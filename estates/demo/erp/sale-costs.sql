select w.aufnr as key,
  jsonb_build_object(
    'order', jsonb_build_object('namespace', 'order-number', 'value', w.aufnr),
    'currency', min(w.waehr),
    'lines', jsonb_agg(jsonb_build_object(
      'lineKey', w.posnr::text,
      'quantity', w.menge,
      'cost', w.wert::text,
      'duty', case when w.zolld is not null then jsonb_build_object('country', w.zolld, 'amount', w.zoll::text) end
    ) order by w.posnr)
  ) as data
from wareinst w
group by w.aufnr
