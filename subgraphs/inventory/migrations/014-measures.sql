-- How true the numbers were, by what was heard later. `counted` and `expected` are of a count, `understated` of units heard of late.
CREATE TABLE inventory.measures (
  id          text PRIMARY KEY,
  location_id text NOT NULL,
  told_at     timestamptz NOT NULL,
  counted     integer,
  expected    integer,
  understated integer NOT NULL
);
CREATE INDEX measures_by_time ON inventory.measures (told_at);

-- Which systems count, or move, what lies at a location.
CREATE TABLE inventory.location_feeds (
  location_id text NOT NULL,
  system      text NOT NULL,
  PRIMARY KEY (location_id, system)
);
INSERT INTO inventory.location_feeds (location_id, system) SELECT DISTINCT location_id, system FROM inventory.stock_entries;
