-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table txn add unique (provider_ref);
create index txn_merchant_ref on txn (merchant_ref);
alter table capture add foreign key (txn_id) references txn;
alter table refund add foreign key (txn_id) references txn;
alter table refund add unique (id);
create index refund_pending on refund (created_at, id) where state = 'pending';
create index refund_txn on refund (txn_id);
