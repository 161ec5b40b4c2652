-- Where the primary is: its system, its timeline and the end of its log, with records that are not on disk yet, as those of
-- asynchronous commits. At the start of a page the end is behind the page's header, where a standby never is.
with log (inserted, header) as (
    select inserted, (inserted - '0/0') % current_setting('wal_block_size')::integer from pg_current_wal_insert_lsn() as inserted
)
select system_identifier::text,
       ('x' || substr(pg_walfile_name(inserted), 1, 8))::bit(32)::integer,
       (case when header <= 40 then inserted - header else inserted end)::text
from log, pg_control_system()
