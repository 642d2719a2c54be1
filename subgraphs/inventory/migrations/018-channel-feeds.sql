-- Our stock as it was sent to marketplaces, for as long as figures look back.
CREATE TABLE inventory.channel_feeds (
  id           text PRIMARY KEY,
  channel_id   text NOT NULL,
  sent_at      timestamptz NOT NULL,
  -- null: the channel has not said yet that it has it.
  confirmed_at timestamptz,
  items        integer NOT NULL,
  rejected     integer NOT NULL,
  version      bigint NOT NULL
);
CREATE INDEX channel_feeds_newest ON inventory.channel_feeds (sent_at DESC, id);
