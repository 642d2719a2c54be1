select b.belnr as key,
  jsonb_build_object(
    'number', b.belnr::text,
    'order', jsonb_build_object('namespace', 'order-number', 'value', b.aufnr),
    'rule', b.busch,
    'postingId', b.anfnr,
    'documentRef', b.faknr::text,
    'currency', b.waehr,
    'amount', b.betrag::text,
    'status', case b.busta when 'VE' then 'QUEUED' when 'AB' then 'REJECTED' when 'BU' then 'POSTED' when 'ST' then 'REVERSED' else b.busta::text end,
    'reason', b.grund,
    'createdAt', to_char(to_timestamp(b.erfdat || lpad(b.erfzt::text, 6, '0'), 'YYYYMMDDHH24MISS'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'postedAt', to_char(to_timestamp(b.budat || lpad(b.buzt::text, 6, '0'), 'YYYYMMDDHH24MISS'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) as data
from buchg b
