-- Registered accounts, guests and marketplace buyers; a marketplace's relay address is all that is known of the last.
select c.customer_id as key,
  jsonb_build_object(
    'name', c.display_name,
    'emails', case when c.login_email is null then '[]'::jsonb
      else jsonb_build_array(jsonb_build_object('value', c.login_email, 'verified', c.email_confirmed)) end,
    'phones', case when c.mobile is null then '[]'::jsonb
      else jsonb_build_array(jsonb_build_object('value', c.mobile, 'verified', false)) end,
    'loyaltyId', c.loyalty_card,
    'accountId', c.account_no,
    'addresses', case when c.street is null then '[]'::jsonb else jsonb_build_array(jsonb_build_object(
      'name', c.display_name, 'line1', c.street, 'city', c.city, 'postalCode', c.zip, 'country', c.country_code)) end,
    'identifiers', case when c.account_no is null then '[]'::jsonb
      else jsonb_build_array(jsonb_build_object('namespace', 'customer-account', 'value', c.account_no)) end
  ) as data
from web_customer c
