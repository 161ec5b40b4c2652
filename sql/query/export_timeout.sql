-- An export of 200,000 polygons takes seconds; this only ends one that hangs.
set local statement_timeout = '15min'
