-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table wms_stk add foreign key (node_cd) references wms_node;
alter table wms_stk add unique (sku_cd, node_cd);
create index wms_stk_node on wms_stk (node_cd, sku_cd);
create index wms_stk_low on wms_stk (stk_id) where qty_avl - qty_alc < min_lvl and qty_inb = 0;
create index wms_stk_returns on wms_stk (stk_id) where qty_rtn > 0;
create index wms_mvmt_ref on wms_mvmt (ref_no, mv_typ);
alter table wms_rcpt add foreign key (node_cd) references wms_node;
create index wms_rcpt_open on wms_rcpt (rcpt_no) where sts = 10;
alter table wms_pick add foreign key (node_cd) references wms_node;
create index wms_pick_ord on wms_pick (ord_ref);
alter table wms_ship add foreign key (node_cd) references wms_node;
create index wms_ship_ord on wms_ship (ord_ref);
alter table wms_ship_ln add foreign key (ship_no) references wms_ship;
