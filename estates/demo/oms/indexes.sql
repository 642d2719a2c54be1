-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table web_customer add unique (account_no);
alter table sales_order add unique (order_no);
alter table sales_order add foreign key (channel_code) references sales_channel;
alter table sales_order add foreign key (customer_id) references web_customer;
alter table sales_order add unique (channel_code, external_no);
create index sales_order_open on sales_order (status_at, order_id) where status_code < 70 or status_code in (80, 82);
create index sales_order_customer on sales_order (customer_id);
alter table sales_order_line add foreign key (order_id) references sales_order;
alter table order_event add foreign key (order_id) references sales_order;
alter table market_ack add foreign key (order_id) references sales_order;
create index market_ack_order on market_ack (order_id);
alter table market_ack_line add foreign key (ack_id) references market_ack;
create index market_feed_open on market_feed (feed_id) where confirmed_at is null;
