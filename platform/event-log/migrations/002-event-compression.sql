-- A large event is compressed when it is written, by whoever waits for the commit: lz4 takes a fraction of the time where the
-- server has it.
do $$
begin
  if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
    alter table event_log.events alter column data set compression lz4;
  end if;
end
$$;
