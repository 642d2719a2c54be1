-- Northwind knows one stock and no places: all of it lies in one warehouse.
select
  1 as key,
  jsonb_build_object(
    'code', 'NW',
    'name', 'Northwind warehouse',
    'kind', 'DC',
    'timeZone', 'America/Los_Angeles',
    'capabilities', jsonb_build_array('SHIP'),
    'active', true
  ) as data
