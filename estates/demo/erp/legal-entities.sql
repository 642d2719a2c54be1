select b.bukrs as key,
  jsonb_build_object('currency', b.waehr, 'countries', to_jsonb(string_to_array(b.laender, ' '))) as data
from buckrs b
