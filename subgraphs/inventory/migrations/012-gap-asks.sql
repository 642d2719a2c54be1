-- How often a source was read again for what it passed over, since the gap is as it is.
ALTER TABLE inventory.sequence_gaps
  ADD COLUMN tenant text NOT NULL DEFAULT '',
  ADD COLUMN asks integer NOT NULL DEFAULT 0,
  ADD COLUMN asked_at timestamptz,
  ADD COLUMN ask_outcome text;
