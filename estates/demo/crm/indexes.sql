-- After the load: building an index once is cheaper than keeping it while rows stream in.
alter table s_contact_comm add foreign key (row_id) references s_contact;
alter table s_loy_member add foreign key (row_id) references s_contact;
alter table s_loy_member add unique (mem_num);
