-- A province's polygons take minutes to check.
set local statement_timeout = '1h'
