-- What postings rest on, as finance systems tell it; and the postings, in the transaction of the events that tell of them. The memory
-- of the process that decides them: no read model, so no rebuild empties it.

CREATE TABLE finance.legal_entities (
  tenant    text NOT NULL,
  id        text NOT NULL,
  currency  text NOT NULL,
  -- ISO 3166-1 alpha-2; none: it was given up.
  countries text[] NOT NULL,
  version   bigint NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE finance.exchange_rates (
  tenant     text NOT NULL,
  id         text NOT NULL,
  base       text NOT NULL,
  quote      text NOT NULL,
  rate       text NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to   timestamptz,
  withdrawn  boolean NOT NULL,
  version    bigint NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX exchange_rates_of_pair ON finance.exchange_rates (tenant, base, quote, valid_from DESC);

-- What the units of an order cost when they were sold, and the duty paid for them.
CREATE TABLE finance.sale_costs (
  tenant   text NOT NULL,
  order_id text NOT NULL,
  body     jsonb NOT NULL,
  version  bigint NOT NULL,
  PRIMARY KEY (tenant, order_id)
);

CREATE TABLE finance.postings (
  id        text PRIMARY KEY,
  tenant    text NOT NULL,
  return_id text NOT NULL,
  order_id  text NOT NULL,
  -- Null: there is nothing to post, by what is known.
  stage     text,
  waits_for text[] NOT NULL,
  at        timestamptz NOT NULL,
  body      jsonb NOT NULL
);
CREATE INDEX postings_of_return ON finance.postings (return_id, id);
CREATE INDEX postings_waiting ON finance.postings (tenant, order_id) WHERE waits_for <> '{}';
CREATE INDEX postings_open ON finance.postings (tenant, at, id) WHERE stage IN ('WAITING', 'PENDING', 'REJECTED');

-- Of each return: the currency of its order, and what was told of its postings.
CREATE TABLE finance.return_books (
  tenant    text NOT NULL,
  return_id text NOT NULL,
  order_id  text NOT NULL,
  currency  text NOT NULL,
  -- The last version of the return that moved units and is in the books.
  version   integer NOT NULL,
  stage     text,
  -- Refunds that are in the books, in the currency of the order.
  refunds   jsonb NOT NULL,
  PRIMARY KEY (tenant, return_id)
);
