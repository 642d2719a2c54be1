CREATE TABLE finance.journal_entries (
  id           text PRIMARY KEY,
  order_id     text NOT NULL,
  number       text NOT NULL,
  rule         text NOT NULL,
  document_ref text,
  currency     text NOT NULL,
  amount_minor bigint NOT NULL,
  state        text NOT NULL,
  reason       text,
  created_at   timestamptz NOT NULL,
  posted_at    timestamptz,
  system       text NOT NULL,
  occurred_at  timestamptz,
  received_at  timestamptz NOT NULL,
  facts        jsonb NOT NULL
);
CREATE INDEX journal_entries_of_order ON finance.journal_entries (order_id);
