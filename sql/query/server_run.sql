-- Which run of which database server this is.
select system_identifier::text || ' ' || extract(epoch from pg_postmaster_start_time())::text from pg_control_system()
