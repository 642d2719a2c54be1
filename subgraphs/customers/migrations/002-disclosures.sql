-- Who saw whose contact data in clear, when and why. Records are added and never changed.
CREATE TABLE customers.disclosures (
  id             text PRIMARY KEY,
  tenant         text NOT NULL,
  subject        text NOT NULL,
  client_id      text NOT NULL,
  customer_id    text NOT NULL,
  reason         text NOT NULL,
  correlation_id text NOT NULL,
  at             timestamptz NOT NULL
);
CREATE INDEX disclosures_of_customer ON customers.disclosures (customer_id, at DESC);

CREATE FUNCTION customers.keep_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'disclosures are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER disclosures_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON customers.disclosures
  FOR EACH STATEMENT EXECUTE FUNCTION customers.keep_disclosures();
