create schema if not exists idempotency;

-- What a command answered, written by the transaction that did it.
create table idempotency.records (
  tenant text not null,
  client_id text not null,
  operation text not null,
  key text not null,
  fingerprint text not null,
  response json not null,
  expires_at timestamptz not null,
  primary key (tenant, client_id, operation, key)
);
create index records_by_expiry on idempotency.records (expires_at);

-- Claims keys to the end of the transaction, without waiting, and tells what is known of those it got: one round trip for
-- both, since each statement of a function sees what was committed before it.
create function idempotency.claim(tenants text[], clients text[], operations text[], keys text[])
returns table (place bigint, taken boolean, fingerprint text, response json)
language plpgsql volatile as $$
declare
  busy bigint[];
begin
  select coalesce(array_agg(given.ordinality), '{}') into busy
  from unnest(tenants, clients, operations, keys) with ordinality as given (tenant, client_id, operation, key)
  where not pg_try_advisory_xact_lock(
    hashtextextended(json_build_array(given.tenant, given.client_id, given.operation, given.key)::text, 7300002));
  return query
    select given.ordinality, true, null::text, null::json
    from unnest(busy) as given (ordinality)
    union all
    select given.ordinality, false, record.fingerprint, record.response
    from unnest(tenants, clients, operations, keys) with ordinality as given (tenant, client_id, operation, key)
    join idempotency.records as record using (tenant, client_id, operation, key)
    where given.ordinality <> all (busy);
end
$$;
