-- Each bucket has a lock of its own.
select pg_try_advisory_lock(hashtextextended('plantiles: publish ' || $1, 0))
