-- How far the log of the server goes whose state is read: a state read after this has all that is before it.
select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text
