-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table artst add foreign key (agnr) references artgrp;
alter table preis add foreign key (artnr) references artst;
create index preis_artnr on preis (artnr);
create index fakt_aufnr on fakt (aufnr);
create index buchg_faknr on buchg (faknr);
create index buchg_offen on buchg (belnr) where busta in ('VE', 'AB');
