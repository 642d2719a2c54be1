select
  c.customer_id as key,
  jsonb_build_object(
    'name', nullif(c.contact_name, ''),
    'company', c.company_name,
    'accountId', c.customer_id,
    'phones', case
      when nullif(c.phone, '') is null then '[]'
      else jsonb_build_array(jsonb_build_object('value', c.phone))
    end,
    'addresses', jsonb_build_array(jsonb_build_object(
      'name', c.company_name,
      'line1', nullif(c.address, ''),
      'city', nullif(c.city, ''),
      'region', nullif(c.region, ''),
      'postalCode', nullif(c.postal_code, ''),
      'country', nullif(c.country, '')
    ))
  ) as data
from customers c
