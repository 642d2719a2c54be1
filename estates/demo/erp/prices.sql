select p.prsnr as key,
  jsonb_build_object(
    'variant', jsonb_build_object('namespace', 'sku', 'value', p.artnr),
    'channelId', case p.kanal when 'WEB' then 'web' when 'APP' then 'app' when 'POS' then 'store' when 'AMZ' then 'amazon' else p.kanal::text end,
    'priceList', p.prslst,
    'currency', p.waehr,
    'amount', p.vkprs::text,
    'compareAt', p.uvp::text,
    'validFrom', to_date(p.gueab::text, 'YYYYMMDD')::text,
    'validTo', case when p.guebis < 99991231 then to_date(p.guebis::text, 'YYYYMMDD')::text end
  ) as data
from preis p
