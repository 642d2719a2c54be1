create schema if not exists connector;

-- The newest state of each thing as its source gave it: what the next state is compared with, and the raw copy kept for audit.
create table connector.source_documents (
  system text not null,
  kind text not null,
  key text not null,
  hash text not null,
  -- The hash this state replaced: lets a write notice that another writer came between its read and itself.
  previous_hash text,
  -- Kept as it last was when the source deletes the thing.
  data jsonb,
  handler_version integer not null,
  received_at timestamptz not null,
  deleted boolean not null default false,
  primary key (system, kind, key)
);

create table connector.dead_letters (
  system text not null,
  kind text not null,
  key text not null,
  reason text not null,
  field text,
  -- json, not jsonb: what could not be mapped may hold what jsonb cannot, such as \u0000.
  raw json,
  attempts integer not null default 1,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  primary key (system, kind, key)
);

create index dead_letters_open on connector.dead_letters (system, last_seen_at) where resolved_at is null;

create table connector.checkpoints (
  system text not null,
  name text not null,
  value jsonb not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (system, name)
);

create table connector.sync_state (
  system text primary key,
  state text not null,
  synced_at timestamptz,
  last_error text,
  -- How far the source's change stream is stored here; nothing past it may be acknowledged to the source.
  position text,
  updated_at timestamptz not null default clock_timestamp()
);

create table connector.natural_keys (
  tenant text not null,
  kind text not null,
  namespace text not null,
  value text not null,
  id text not null,
  primary key (tenant, kind, namespace, value)
);

-- Two names of one document that already meant two things. Nothing is merged: `id` stays, `claimed_id` is the document's.
create table connector.identity_conflicts (
  tenant text not null,
  kind text not null,
  namespace text not null,
  value text not null,
  id text not null,
  claimed_id text not null,
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (tenant, kind, namespace, value, claimed_id)
);

create table connector.inbox (
  system text not null,
  message_key text not null,
  received_at timestamptz not null,
  body bytea not null,
  documents json not null,
  delivered_at timestamptz,
  primary key (system, message_key)
);

create index inbox_received on connector.inbox (received_at);
create index inbox_pending on connector.inbox (system, received_at) where delivered_at is null;
