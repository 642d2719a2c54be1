-- Payment service provider's reporting store. Amounts are minor units.
create table txn (
  id                varchar(24) primary key,
  merchant_ref      varchar(20) not null,
  provider          varchar(20) not null,
  provider_ref      varchar(40) not null,
  method            varchar(20) not null,
  state             varchar(24) not null,
  currency          char(3) not null,
  authorized_minor  bigint not null check (authorized_minor >= 0),
  created_at        timestamptz not null,
  authorized_at     timestamptz
);
create table capture (
  txn_id       varchar(24) not null,
  seq          smallint not null,
  amount_minor bigint not null check (amount_minor > 0),
  captured_at  timestamptz not null,
  primary key (txn_id, seq)
);
create table refund (
  id           varchar(24) not null,
  txn_id       varchar(24) not null,
  amount_minor bigint not null check (amount_minor > 0),
  state        varchar(16) not null,
  reason       varchar(40) not null,
  created_at   timestamptz not null,
  return_ref   varchar(40),
  primary key (id, txn_id)
);
