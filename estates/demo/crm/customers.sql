select c.row_id as key,
  jsonb_build_object(
    'name', concat_ws(' ', c.fst_name, c.last_name),
    'company', c.org_name,
    'emails', (
      select coalesce(jsonb_agg(jsonb_build_object('value', m.comm_val, 'verified', m.vrfd_flg = 'Y') order by m.seq_num), '[]')
      from s_contact_comm m where m.row_id = c.row_id and m.comm_cd = 'EML'),
    'phones', (
      select coalesce(jsonb_agg(jsonb_build_object('value', m.comm_val, 'verified', m.vrfd_flg = 'Y') order by m.seq_num), '[]')
      from s_contact_comm m where m.row_id = c.row_id and m.comm_cd = 'TEL'),
    'loyaltyId', (select l.mem_num from s_loy_member l where l.row_id = c.row_id),
    'accountId', c.web_acct,
    'addresses', case when c.addr is null then '[]'::jsonb else jsonb_build_array(jsonb_build_object(
      'name', concat_ws(' ', c.fst_name, c.last_name), 'line1', c.addr, 'city', c.city, 'postalCode', c.zipcode,
      'country', case c.country
        when 'DEU' then 'DE' when 'AUT' then 'AT' when 'NLD' then 'NL' when 'FRA' then 'FR' when 'CHE' then 'CH' when 'SWE' then 'SE'
        else c.country::text end)) end,
    'identifiers', (
      select coalesce(jsonb_agg(jsonb_build_object('namespace', 'loyalty-number', 'value', l.mem_num)), '[]')
      from s_loy_member l where l.row_id = c.row_id)
  ) as data
from s_contact c
