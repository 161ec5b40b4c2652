-- A province's polygons take minutes to check, and whoever imports may wait for an editor who holds the table.
set local statement_timeout = '1h';
set local lock_timeout = 0
