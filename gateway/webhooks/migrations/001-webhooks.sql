create schema if not exists webhooks;

-- One row per registered selection: where it is delivered, in whose name, and how far it has come.
create table webhooks.webhooks (
  id text primary key,
  tenant text not null,
  client_id text not null,
  partner_id text not null,
  -- Who registered it; every delivery is answered in this name.
  viewer jsonb not null,
  url text not null,
  operation text not null,
  operation_name text,
  variables jsonb not null,
  version text not null,
  on_dead_letter text not null check (on_dead_letter in ('CONTINUE', 'PAUSE')),
  state text not null check (state in ('VERIFYING', 'ACTIVE', 'PAUSED', 'DISABLED')),
  state_reason text,
  -- Sealed; the newest first. All but the first end at their `endsAt`.
  secrets jsonb not null,
  -- Signed place in the stream: everything before it is in the queue.
  checkpoint text not null,
  checkpoint_at timestamptz not null,
  last_sequence bigint not null default 0,
  -- When the next attempt may begin; null when nothing waits.
  due_at timestamptz,
  consecutive_failures int not null default 0,
  failing_since timestamptz,
  -- Nothing is tried before, whatever waits.
  open_until timestamptz,
  -- When the first ping was taken; nothing else is sent before.
  verified_at timestamptz,
  leased_by text,
  leased_until timestamptz,
  fed_by text,
  fed_until timestamptz,
  created_at timestamptz not null
);
create index webhooks_of_client on webhooks.webhooks (tenant, partner_id, client_id, id);
create index webhooks_due on webhooks.webhooks (due_at) where due_at is not null and state in ('VERIFYING', 'ACTIVE');

create table webhooks.deliveries (
  -- Goes with every attempt: receivers tell repetitions by it.
  id text primary key,
  webhook_id text not null references webhooks.webhooks (id) on delete cascade,
  -- The order of delivery within the webhook.
  sequence bigint not null,
  kind text not null check (kind in ('PING', 'EVENT', 'SNAPSHOT', 'GAP')),
  payload text not null,
  cursor text,
  state text not null check (state in ('PENDING', 'DELIVERED', 'DEAD')),
  attempts int not null default 0,
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_status int,
  last_error text,
  created_at timestamptz not null,
  settled_at timestamptz,
  unique (webhook_id, sequence)
);
create index deliveries_pending on webhooks.deliveries (webhook_id, sequence) where state = 'PENDING';
create index deliveries_settled on webhooks.deliveries (settled_at) where settled_at is not null;

-- Named places in streams that a client moves by acknowledging.
create table webhooks.durable_subscriptions (
  tenant text not null,
  client_id text not null,
  principal text not null,
  name text not null,
  operation text not null,
  operation_name text,
  variables jsonb not null,
  version text not null,
  cursor text not null,
  transaction_id xid8 not null,
  row_id bigint not null,
  acknowledged_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant, client_id, principal, name)
);
