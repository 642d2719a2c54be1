-- A till's customer is known by the loyalty card, a registered one by the account, all others by their row here.
select o.order_id as key,
  jsonb_build_object(
    'number', o.order_no,
    'channelId', case o.channel_code when 'WEB' then 'web' when 'APP' then 'app' when 'POS' then 'store' when 'AMZ' then 'amazon' else o.channel_code::text end,
    'externalNumber', o.external_no,
    'customer', case
      when o.customer_id is not null then (
        select case when c.account_no is not null
          then jsonb_build_object('namespace', 'customer-account', 'value', c.account_no)
          else jsonb_build_object('namespace', 'oms', 'value', c.customer_id::text) end
        from web_customer c where c.customer_id = o.customer_id)
      when o.loyalty_card is not null then jsonb_build_object('namespace', 'loyalty-number', 'value', o.loyalty_card) end,
    'location', case when o.store_code is not null then jsonb_build_object('namespace', 'location-code', 'value', o.store_code) end,
    'placedAt', o.placed_at,
    'acknowledgeBy', o.ack_by,
    'currency', o.currency,
    'taxIncluded', o.tax_included,
    'status', case o.status_code
      when 5 then 'VALIDATING' when 10 then 'CAPTURED' when 15 then 'ON_HOLD' when 20 then 'ACCEPTED'
      when 25 then 'BACKORDERED' when 30 then 'RESERVED' when 40 then 'ALLOCATED' when 50 then 'RELEASED'
      when 55 then 'PICKED' when 58 then 'PACKED' when 60 then 'SHIPPED' when 65 then 'READY_FOR_PICKUP'
      when 70 then 'DELIVERED' when 75 then 'COLLECTED' when 80 then 'RETURN_REQUESTED' when 82 then 'RETURN_IN_TRANSIT'
      when 85 then 'RETURNED' when 90 then 'CANCELLED' when 95 then 'REJECTED' when 98 then 'LOST'
      else o.status_code::text end,
    'statusAt', o.status_at,
    'lines', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'key', l.line_no::text,
        'variant', jsonb_build_object('namespace', 'sku', 'value', l.sku),
        'sku', l.sku,
        'title', l.description,
        'quantity', l.quantity,
        'unitPrice', l.unit_price::text,
        'discount', l.discount_amount::text,
        'tax', l.tax_amount::text,
        'status', s.state,
        'statusCounts', case when l.returned_qty + l.cancelled_qty > 0 then (
          select jsonb_agg(jsonb_build_object('state', n.state, 'quantity', n.quantity) order by n.state)
          from (
            select u.state, sum(u.quantity) as quantity
            from (values
              (s.state, l.quantity - l.returned_qty - l.cancelled_qty), ('RETURNED', l.returned_qty), ('CANCELLED', l.cancelled_qty)) as u (state, quantity)
            group by u.state) n
          where n.quantity > 0) end
        ) order by l.line_no), '[]')
      from sales_order_line l
      cross join lateral (select case l.status_code
        when 5 then 'VALIDATING' when 10 then 'CAPTURED' when 15 then 'ON_HOLD' when 20 then 'ACCEPTED'
        when 25 then 'BACKORDERED' when 30 then 'RESERVED' when 40 then 'ALLOCATED' when 50 then 'RELEASED'
        when 55 then 'PICKED' when 58 then 'PACKED' when 60 then 'SHIPPED' when 65 then 'READY_FOR_PICKUP'
        when 70 then 'DELIVERED' when 75 then 'COLLECTED' when 80 then 'RETURN_REQUESTED' when 82 then 'RETURN_IN_TRANSIT'
        when 85 then 'RETURNED' when 90 then 'CANCELLED' when 95 then 'REJECTED' when 98 then 'LOST'
        else l.status_code::text end as state) s
      where l.order_id = o.order_id),
    'shipping', o.shipping_amount::text,
    'shipTo', case when o.ship_street is null then null else jsonb_build_object(
      'name', o.ship_name, 'line1', o.ship_street, 'city', o.ship_city, 'postalCode', o.ship_zip, 'country', o.ship_country) end,
    'identifiers', jsonb_build_array(jsonb_build_object('namespace', 'order-number', 'value', o.order_no))
  ) as data
from sales_order o
