select f.feed_id as key,
  jsonb_build_object(
    'channelId', case f.channel_code when 'AMZ' then 'amazon' else f.channel_code::text end,
    'sentAt', f.sent_at,
    'confirmedAt', f.confirmed_at,
    'items', f.listings,
    'rejected', f.refused
  ) as data
from market_feed f
