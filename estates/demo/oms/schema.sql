-- The web shop's order management: channels, web customers, orders of every channel, their events; and what it tells marketplaces.
create table sales_channel (
  channel_code  varchar(3) primary key,  -- WEB, APP, POS, AMZ
  channel_label varchar(40) not null
);
create table web_customer (
  customer_id   bigint primary key,
  customer_type char(1) not null,        -- R registered, G guest, M marketplace buyer
  account_no    varchar(20),      -- registered only
  login_email   varchar(120),
  email_confirmed boolean not null,
  display_name  varchar(80),
  mobile        varchar(40),
  loyalty_card  varchar(20),
  street        varchar(80),
  city          varchar(40),
  zip           varchar(10),
  country_code  char(2),
  created_at    timestamptz not null
);
create sequence web_customer_id start 9000001;
create table sales_order (
  order_id        bigint primary key,
  order_no        varchar(20) not null,
  channel_code    varchar(3) not null,
  external_no     varchar(40) not null,
  customer_id     bigint,
  loyalty_card    varchar(20),           -- shown at the till
  placed_at       timestamptz not null,
  currency        char(3) not null,
  tax_included    boolean not null,
  status_code     smallint not null,     -- see orders.sql
  status_at       timestamptz not null,
  delivery_mode   varchar(8) not null,   -- PARCEL, PICKUP, CARRY
  store_code      varchar(8),            -- pickup or till
  shipping_amount numeric(9,2) not null,
  ship_name       varchar(80),
  ship_street     varchar(80),
  ship_city       varchar(40),
  ship_zip        varchar(10),
  ship_country    char(2),
  ack_by          timestamptz            -- by when a marketplace wants to hear whether it can be had
);
create sequence sales_order_id start 5000001;
create table sales_order_line (
  order_id        bigint not null,
  line_no         integer not null,
  sku             varchar(15) not null,
  description     varchar(80) not null,
  quantity        integer not null check (quantity > 0),
  unit_price      numeric(9,2) not null,
  discount_amount numeric(9,2) not null,
  tax_amount      numeric(9,2) not null,
  status_code     smallint not null,
  cancelled_qty   integer not null,
  returned_qty    integer not null,
  primary key (order_id, line_no),
  check (cancelled_qty >= 0 and returned_qty >= 0 and cancelled_qty + returned_qty <= quantity)
);
create table order_event (
  order_id    bigint not null,
  seq         integer not null,
  status_code smallint not null,
  occurred_at timestamptz not null,
  primary key (order_id, seq)
);
create table market_ack (
  ack_id   bigint primary key,
  order_id bigint not null,
  acked_at timestamptz not null
);
create sequence market_ack_id start 20000001;
create table market_ack_line (
  ack_id      bigint not null,
  line_no     integer not null,
  acked_qty   integer not null,
  refused_qty integer not null,
  reason      varchar(40),
  primary key (ack_id, line_no)
);
-- Our stock as it was sent to a marketplace.
create table market_feed (
  feed_id      bigint primary key,
  channel_code varchar(3) not null,
  sent_at      timestamptz not null,
  confirmed_at timestamptz,      -- when the marketplace said that it has it
  listings     integer not null,
  refused      integer not null
);
create sequence market_feed_id start 700001;
