-- Whether this is a standby of the system $1 on timeline $2, and whether it has replayed the log as far as $3.
select pg_is_in_recovery() and system_identifier::text = $1 and timeline_id = $2,
       coalesce(pg_last_wal_replay_lsn() >= $3::text::pg_lsn, false)
from pg_control_system(), pg_control_checkpoint()
