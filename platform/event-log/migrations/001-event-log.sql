create schema if not exists event_log;

-- One row per source: the last sequence given out and where in the global order. The row's lock makes sequences contiguous.
create table event_log.sources (
  source text primary key,
  last_sequence bigint not null,
  last_transaction_id xid8 not null
) with (fillfactor = 80);

-- Claimed before anything else of an append, so that a fact appended twice takes no sequence.
create table event_log.ingress_keys (
  ingress_key text primary key
);

create table event_log.events (
  -- The transaction that appended the row, or a younger one that appended to the same source before it: so the order
  -- below never contradicts the sequences of a source. Never older than its own, so that readers cannot have passed it.
  transaction_id xid8 not null,
  row_id bigint generated always as identity,
  id text not null,
  type text not null,
  source text not null,
  sequence bigint not null,
  subject text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  partition_key text not null,
  ingress_key text,
  correlation_id text,
  causation_id text,
  traceparent text,
  data_classification text,
  authority text not null,
  inferred boolean,
  data jsonb not null,
  -- The global order. Row ids alone are none: a row numbered early may commit late.
  primary key (transaction_id, row_id),
  constraint events_source_sequence unique (source, sequence)
);

-- One row per durable consumer: what it has applied, and who applies now.
create table event_log.consumers (
  name text primary key,
  transaction_id xid8 not null default '0',
  row_id bigint not null default 0,
  -- Raised when rows change in another way than by moving on (a rebuild, dead letters applied), so that followers notice.
  generation integer not null default 0,
  holder text,
  held_until timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- Events a consumer could not apply, and the later ones of the same partition key, which wait behind them.
create table event_log.dead_letters (
  consumer text not null,
  transaction_id xid8 not null,
  row_id bigint not null,
  partition_key text not null,
  -- null: it never failed itself, it waits for an earlier one.
  reason text,
  attempts integer not null,
  parked_at timestamptz not null default now(),
  primary key (consumer, transaction_id, row_id),
  foreign key (transaction_id, row_id) references event_log.events
);
create index dead_letters_partition_key on event_log.dead_letters (consumer, partition_key);

create function event_log.next_base(source text, base bigint, expected bigint) returns bigint
language plpgsql immutable as $$
begin
  if expected is not null and expected <> base then
    raise exception using errcode = 'SL409', message = 'sequence conflict', detail = json_build_object('source', source, 'expected', expected, 'last', base)::text;
  end if;
  return base;
end
$$;
