-- Contacts, their communication addresses, loyalty members.
create table s_contact (
  row_id    varchar(15) primary key,
  fst_name  varchar(50),
  last_name varchar(50) not null,
  org_name  varchar(80),
  web_acct  varchar(20),
  addr      varchar(80),
  city      varchar(50),
  zipcode   varchar(15),
  country   char(3),                     -- ISO 3166 alpha-3
  created   timestamptz not null,
  last_upd  timestamptz not null
);
create table s_contact_comm (
  row_id   varchar(15) not null,
  seq_num  smallint not null,
  comm_cd  char(3) not null,             -- EML, TEL
  comm_val varchar(120) not null,
  vrfd_flg char(1) not null,
  primary key (row_id, seq_num)
);
create table s_loy_member (
  row_id    varchar(15) primary key,
  mem_num   varchar(20) not null,
  tier_cd   varchar(10) not null,
  pnt_bal   integer not null,
  enroll_dt date not null
);
