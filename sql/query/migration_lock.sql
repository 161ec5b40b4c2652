-- Several programs that start at once take turns. A big table may take its time.
set local statement_timeout = 0;
set local lock_timeout = 0;
select pg_advisory_xact_lock(hashtext('plantiles: migration'));
