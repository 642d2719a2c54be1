-- Artikelstamm, Preise, Fakturen, Filialen. Dates are YYYYMMDD numbers, flags are J/N, texts sit in the item master.
create table filst (
  filnr   char(4) primary key,
  filbez  varchar(40) not null,
  filart  char(1) not null,              -- F Filiale, L Lager
  gln     char(13) not null,
  strasse varchar(40) not null,
  plz     varchar(10) not null,
  ort     varchar(40) not null,
  land    char(2) not null,
  eroedat integer not null
);
create table artgrp (
  agnr  char(4) primary key,
  agbez varchar(40) not null,
  agobr char(4)                          -- Obergruppe
);
create table artst (
  artnr   varchar(15) primary key,
  modnr   integer not null,              -- Modell: variants of one article share it
  modbez  varchar(60) not null,
  artbez  varchar(80) not null,
  arttxt  varchar(400) not null,
  marke   varchar(30) not null,
  agnr    char(4) not null,
  wgbez1  varchar(40) not null,          -- copied from artgrp by the nightly run
  wgbez2  varchar(40) not null,
  farbe   varchar(20),
  groesse varchar(10),
  ean     char(13) not null,
  meeh    char(3) not null,              -- ST Stueck
  artsta  char(1) not null,              -- A aktiv, L Auslauf, G gesperrt, N neu
  nachlf  char(1) not null,              -- J Nachlieferung erlaubt
  bild    varchar(200),
  aendat  integer not null
);
create table preis (
  prsnr   bigint primary key,
  artnr   varchar(15) not null,
  prslst  char(4) not null,              -- VK01 Grundpreis, AKTN Aktion, AMZN Marktplatz
  kanal   char(3),                       -- null: every channel
  waehr   char(3) not null,
  vkprs   numeric(11,2) not null,
  uvp     numeric(11,2),
  gueab   integer not null,
  guebis  integer not null               -- 99991231: open end
);
create table fakt (
  faknr  bigint primary key,
  aufnr  varchar(20) not null,
  fakdat integer not null,
  fakzt  integer not null,               -- HHMMSS, UTC
  waehr  char(3) not null,
  netto  numeric(11,2) not null,
  mwst   numeric(11,2) not null,
  brutto numeric(11,2) not null,
  fksta  char(2) not null                -- OP offen, BZ bezahlt, GS gutgeschrieben, ST storniert
);
create table buchg (                     -- Buchungsjournal of the open period; closed ones are kept elsewhere
  belnr  bigint primary key,
  faknr  bigint not null,
  aufnr  varchar(20) not null,
  busch  varchar(8) not null,            -- Buchungsschluessel: ERLOES
  waehr  char(3) not null,
  betrag numeric(11,2) not null,
  erfdat integer not null,
  erfzt  integer not null,               -- HHMMSS, UTC
  budat  integer,
  buzt   integer,
  busta  char(2) not null,               -- VE vorerfasst, AB abgelehnt, BU gebucht, ST storniert
  grund  varchar(80),
  anfnr  varchar(60)                     -- Anforderung: whose request it was made of
);
create table buckrs (
  bukrs    char(4) primary key,          -- Buchungskreis
  waehr    char(3) not null,
  laender  varchar(40) not null          -- whose books it keeps
);
create table kurs (
  kursnr  bigint primary key,
  vonwae  char(3) not null,
  nachwae char(3) not null,
  kurs    numeric(12,6) not null,
  gueab   integer not null,
  guebis  integer not null
);
create table wareinst (                  -- Wareneinstand of what was sold; the demo has it of the orders that examples name
  aufnr varchar(20) not null,
  posnr integer not null,
  menge integer not null,
  waehr char(3) not null,
  wert  numeric(11,2) not null,
  zolld char(2),                         -- Zollland: duty was paid there
  zoll  numeric(11,2),
  primary key (aufnr, posnr)
);
