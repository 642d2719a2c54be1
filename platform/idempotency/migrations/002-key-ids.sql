-- One id per key, the first 128 bits of its digest, in place of four texts: an index entry of 16 bytes, and a lock that is taken
-- without putting a text together.
alter table idempotency.records add column id uuid;
update idempotency.records set id = encode(substring(sha256(convert_to(
  to_json(tenant)::text || ',' || to_json(client_id)::text || ',' || to_json(operation)::text || ',' || to_json(key)::text,
  'UTF8')) for 16), 'hex')::uuid;
alter table idempotency.records drop constraint records_pkey;
alter table idempotency.records drop column tenant, drop column client_id, drop column operation, drop column key;
alter table idempotency.records add primary key (id);
-- Nothing but the command that wrote it reads it: kept as it is, not taken apart at each write.
alter table idempotency.records alter column response type text using response::text;

drop function idempotency.claim(text[], text[], text[], text[]);

-- Claims keys to the end of the transaction, without waiting, and tells what is known of those it got: one round trip for
-- both, since each statement of a function sees what was committed before it.
create function idempotency.claim(ids uuid[])
returns table (place bigint, taken boolean, fingerprint text, response text)
language plpgsql volatile as $$
declare
  busy bigint[];
begin
  select coalesce(array_agg(given.ordinality), '{}') into busy
  from unnest(ids) with ordinality as given (id)
  where not pg_try_advisory_xact_lock(uuid_hash_extended(given.id, 7300002));
  return query
    select given.ordinality, true, null::text, null::text
    from unnest(busy) as given (ordinality)
    union all
    select given.ordinality, false, record.fingerprint, record.response
    from unnest(ids) with ordinality as given (id)
    join idempotency.records as record using (id)
    where given.ordinality <> all (busy);
end
$$;
