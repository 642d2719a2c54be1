select f.faknr as key,
  jsonb_build_object(
    'number', f.faknr::text,
    'order', jsonb_build_object('namespace', 'order-number', 'value', f.aufnr),
    'issuedAt', to_char(to_timestamp(f.fakdat || lpad(f.fakzt::text, 6, '0'), 'YYYYMMDDHH24MISS'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'currency', f.waehr,
    'total', f.brutto::text,
    'status', case f.fksta when 'OP' then 'ISSUED' when 'BZ' then 'PAID' when 'GS' then 'CREDITED' when 'ST' then 'CANCELLED' else f.fksta::text end
  ) as data
from fakt f
