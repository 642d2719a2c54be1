select n.node_cd as key,
  jsonb_build_object(
    'code', n.node_cd,
    'name', n.node_nm,
    'kind', case n.node_typ when 10 then 'DC' when 20 then 'STORE' else n.node_typ::text end,
    'timeZone', n.tz_nm,
    'address', jsonb_build_object('name', n.node_nm, 'line1', n.adr_ln1, 'city', n.adr_city, 'postalCode', n.adr_pcd, 'country', n.adr_ctry),
    'capabilities', (
      select coalesce(jsonb_agg(c.method order by c.method), '[]')
      from (values
        ('SHIP', n.svc_ship = 'Y'),
        ('SHIP_FROM_STORE', n.svc_ship = 'Y' and n.node_typ = 20),
        ('PICKUP', n.svc_pkup = 'Y'),
        ('SAME_DAY_DELIVERY', n.svc_sdd = 'Y')) as c (method, offered)
      where c.offered),
    'active', n.actv_flg = 'Y',
    'gln', n.gln_no,
    'identifiers', jsonb_build_array(jsonb_build_object('namespace', 'location-code', 'value', n.node_cd))
  ) as data
from wms_node n
