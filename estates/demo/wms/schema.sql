-- Nodes, stock by SKU and node, movements, receipts, pick tasks, shipments.
create table wms_node (
  node_cd   varchar(8) primary key,
  node_nm   varchar(60) not null,
  node_typ  smallint not null,           -- 10 distribution centre, 20 store
  gln_no    char(13) not null,
  tz_nm     varchar(40) not null,
  adr_ln1   varchar(60) not null,
  adr_city  varchar(40) not null,
  adr_pcd   varchar(10) not null,
  adr_ctry  char(2) not null,
  svc_ship  char(1) not null,            -- Y sends parcels
  svc_pkup  char(1) not null,            -- Y hands out click-and-collect
  svc_sdd   char(1) not null,            -- Y same-day courier
  actv_flg  char(1) not null
);
create table wms_stk (
  stk_id     bigint primary key,
  node_cd    varchar(8) not null,
  sku_cd     varchar(15) not null,
  qty_avl    integer not null check (qty_avl >= 0),
  qty_dmg    integer not null check (qty_dmg >= 0),
  qty_hld    integer not null check (qty_hld >= 0),
  qty_qc     integer not null check (qty_qc >= 0),
  qty_rtn    integer not null check (qty_rtn >= 0),
  qty_alc    integer not null check (qty_alc >= 0),   -- promised to open pick tasks; part of qty_avl
  qty_inb    integer not null check (qty_inb >= 0),   -- on its way here
  min_lvl    integer not null,
  upd_ts     timestamptz not null,
  check (qty_alc <= qty_avl)
);
create table wms_mvmt (
  mvmt_id bigint primary key,
  node_cd varchar(8) not null,
  sku_cd  varchar(15) not null,
  mv_typ  char(3) not null,              -- 101 receipt, 601 issue to customer, 657 return to stock, 702 count
  qty     integer not null,
  ref_no  varchar(20) not null,
  mv_ts   timestamptz not null
);
create sequence wms_mvmt_id start 50000001;
create table wms_rcpt (
  rcpt_no bigint primary key,
  node_cd varchar(8) not null,
  sku_cd  varchar(15) not null,
  exp_qty integer not null,
  rcv_qty integer not null,
  sts     smallint not null,             -- 10 announced, 90 received
  eta_ts  timestamptz not null,
  rcv_ts  timestamptz
);
create sequence wms_rcpt_no start 70000001;
create table wms_pick (
  pick_no bigint primary key,
  ord_ref varchar(20) not null,
  ord_ln  integer not null,
  node_cd varchar(8) not null,
  sku_cd  varchar(15) not null,
  qty     integer not null check (qty > 0),
  sts     smallint not null,             -- 10 allocated, 20 picked, 30 gone, 90 cancelled
  upd_ts  timestamptz not null
);
create table wms_ship (
  ship_no bigint primary key,
  ord_ref varchar(20) not null,
  node_cd varchar(8) not null,
  carr_cd varchar(10) not null,
  trk_no  varchar(30),
  sts     smallint not null,             -- 10 label, 20 handed over, 30 moving, 35 out, 40 delivered, 50 exception, 60 sent back, 90 void
  crt_ts  timestamptz not null,
  shp_ts  timestamptz,
  dlv_ts  timestamptz,
  frt_amt numeric(9,2) not null,
  frt_cur char(3) not null
);
create table wms_ship_ln (
  ship_no bigint not null,
  ln_no   smallint not null,
  ord_ln  integer not null,
  sku_cd  varchar(15) not null,
  qty     integer not null check (qty > 0),
  primary key (ship_no, ln_no)
);
