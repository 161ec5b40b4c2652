-- Rows that are drawn later get ids that are still free.
select setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1)) from {table};

drop table import_row;
