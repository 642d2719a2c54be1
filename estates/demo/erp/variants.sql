-- One document per item (Artikel). Filial- und Preisdaten have documents of their own.
select a.artnr as key,
  jsonb_build_object(
    'sku', a.artnr,
    'gtin', a.ean,
    'title', a.artbez,
    'product', jsonb_build_object(
      'key', a.modnr::text,
      'title', a.modbez,
      'description', a.arttxt,
      'brand', a.marke,
      'categoryPath', jsonb_build_array(a.wgbez1, a.wgbez2)),
    'options', (
      select coalesce(jsonb_agg(jsonb_build_object('name', o.name, 'value', o.value)), '[]')
      from (values ('color', a.farbe), ('size', a.groesse)) as o (name, value)
      where o.value is not null),
    'baseUom', case a.meeh when 'ST ' then 'EACH' when 'GR ' then 'GRAM' when 'ML ' then 'MILLILITRE' when 'MM ' then 'MILLIMETRE' else a.meeh end,
    'lifecycle', case a.artsta when 'N' then 'APPROVED' when 'A' then 'ACTIVE' when 'L' then 'PHASE_OUT' when 'G' then 'DISCONTINUED' else a.artsta::text end,
    'backorderable', a.nachlf = 'J',
    'media', case when a.bild is null then '[]'::jsonb else jsonb_build_array(jsonb_build_object('url', a.bild, 'alt', a.artbez)) end,
    'identifiers', jsonb_build_array(
      jsonb_build_object('namespace', 'sku', 'value', a.artnr),
      jsonb_build_object('namespace', 'gtin', 'value', a.ean))
  ) as data
from artst a
