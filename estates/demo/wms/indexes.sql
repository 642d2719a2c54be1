-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table wms_stk add foreign key (node_cd) references wms_node;
alter table wms_stk add unique (sku_cd, node_cd);
alter table wms_rcpt add foreign key (node_cd) references wms_node;
create index wms_rcpt_open on wms_rcpt (rcpt_no) where sts = 10;
alter table wms_pick add foreign key (node_cd) references wms_node;
create index wms_pick_ord on wms_pick (ord_ref);
alter table wms_ship add foreign key (node_cd) references wms_node;
create index wms_ship_ord on wms_ship (ord_ref);
create index wms_ship_open on wms_ship (ship_no) where sts < 40;
alter table wms_ship_ln add foreign key (ship_no) references wms_ship;
