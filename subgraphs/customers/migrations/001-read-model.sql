CREATE SCHEMA IF NOT EXISTS customers;

-- What each system says. `version` is the sequence of the event a row was last written by; the newest wins.
CREATE TABLE customers.profiles (
  id          text PRIMARY KEY,
  system      text NOT NULL,
  external_id text NOT NULL,
  content     jsonb NOT NULL,
  version     bigint NOT NULL
);

-- What a customer is looked up by, any strength.
CREATE TABLE customers.identifiers (
  profile_id text NOT NULL,
  kind       text NOT NULL,
  value      text NOT NULL,
  PRIMARY KEY (kind, value, profile_id)
);
CREATE INDEX identifiers_of_profile ON customers.identifiers (profile_id);

CREATE TABLE customers.links (
  profile_id  text PRIMARY KEY,
  customer_id text NOT NULL,
  rule        text NOT NULL,
  linked_at   timestamptz NOT NULL,
  version     bigint NOT NULL
);
CREATE INDEX links_of_customer ON customers.links (customer_id);

CREATE TABLE customers.order_numbers (
  order_id        text PRIMARY KEY,
  number          text NOT NULL,
  external_number text NOT NULL,
  profile_id      text,
  version         bigint NOT NULL
);
CREATE INDEX order_numbers_by_number ON customers.order_numbers (number);
CREATE INDEX order_numbers_by_external_number ON customers.order_numbers (external_number);

-- The memory of the linking process. Not a read model: no rebuild empties it.
CREATE TABLE customers.linking_profiles (
  profile_id  text PRIMARY KEY,
  customer_id text NOT NULL,
  identifiers jsonb NOT NULL,
  version     bigint NOT NULL
);
CREATE INDEX linking_profiles_of_customer ON customers.linking_profiles (customer_id);

CREATE TABLE customers.linking_names (
  name       text NOT NULL,
  profile_id text NOT NULL,
  PRIMARY KEY (name, profile_id)
);
CREATE INDEX linking_names_of_profile ON customers.linking_names (profile_id);

CREATE TABLE customers.linking_aliases (
  alias_id   text PRIMARY KEY,
  profile_id text NOT NULL
);
CREATE INDEX linking_aliases_of_profile ON customers.linking_aliases (profile_id);
