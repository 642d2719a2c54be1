create schema if not exists idempotency;

-- What a command answered, written by the transaction that did it.
create table idempotency.records (
  tenant text not null,
  client_id text not null,
  operation text not null,
  key text not null,
  fingerprint text not null,
  response jsonb not null,
  expires_at timestamptz not null,
  primary key (tenant, client_id, operation, key)
);
create index records_by_expiry on idempotency.records (expires_at);
