select k.kursnr as key,
  jsonb_build_object(
    'base', k.vonwae,
    'quote', k.nachwae,
    'rate', k.kurs::text,
    'validFrom', to_char(to_date(k.gueab::text, 'YYYYMMDD'), 'YYYY-MM-DD'),
    'validTo', case when k.guebis < 99991231 then to_char(to_date(k.guebis::text, 'YYYYMMDD') + 1, 'YYYY-MM-DD') end
  ) as data
from kurs k
