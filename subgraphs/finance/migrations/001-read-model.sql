CREATE SCHEMA IF NOT EXISTS finance;

-- `facts` holds what was told of the thing, by sequence; the other columns are folded from it, so that the order
-- of arrival does not matter.

CREATE TABLE finance.payments (
  id               text PRIMARY KEY,
  order_id         text NOT NULL,
  psp              text NOT NULL,
  psp_reference    text NOT NULL,
  method           text NOT NULL,
  state            text NOT NULL,
  currency         text NOT NULL,
  authorized_minor bigint NOT NULL,
  captured_minor   bigint NOT NULL,
  refunded_minor   bigint NOT NULL,
  authorized_at    timestamptz,
  captured_at      timestamptz,
  system           text NOT NULL,
  occurred_at      timestamptz,
  received_at      timestamptz NOT NULL,
  facts            jsonb NOT NULL
);
CREATE INDEX payments_of_order ON finance.payments (order_id);

CREATE TABLE finance.refunds (
  id           text PRIMARY KEY,
  order_id     text NOT NULL,
  payment_id   text,
  amount_minor bigint NOT NULL,
  currency     text NOT NULL,
  state        text NOT NULL,
  reason       text,
  created_at   timestamptz NOT NULL,
  system       text NOT NULL,
  occurred_at  timestamptz,
  received_at  timestamptz NOT NULL,
  facts        jsonb NOT NULL
);
CREATE INDEX refunds_of_order ON finance.refunds (order_id);

CREATE TABLE finance.invoices (
  id           text PRIMARY KEY,
  order_id     text NOT NULL,
  number       text NOT NULL,
  issued_at    timestamptz NOT NULL,
  currency     text NOT NULL,
  amount_minor bigint NOT NULL,
  state        text NOT NULL,
  system       text NOT NULL,
  occurred_at  timestamptz,
  received_at  timestamptz NOT NULL,
  facts        jsonb NOT NULL
);
CREATE INDEX invoices_of_order ON finance.invoices (order_id);
CREATE INDEX invoices_by_number ON finance.invoices (number);
