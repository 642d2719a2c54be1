-- The region of each channel and location: of whose orders the staff of a region see the money. Places are
-- 'channel <id>' and 'location <id>'; `version` is the sequence of what told it, the newest wins.
CREATE TABLE finance.regions (
  place   text PRIMARY KEY,
  region  text,
  version bigint NOT NULL
);
