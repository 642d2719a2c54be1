create schema if not exists gateway;

-- What each client uses of each version of the public schema, by schema coordinate.
create table gateway.schema_usage (
  tenant        text not null,
  client_id     text not null,
  version       text not null,
  coordinate    text not null,
  uses          bigint not null,
  first_seen_at timestamptz not null,
  last_seen_at  timestamptz not null,
  primary key (tenant, client_id, version, coordinate)
);
create index schema_usage_by_coordinate on gateway.schema_usage (coordinate);
