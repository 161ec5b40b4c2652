-- For statements on metadata; exports and imports set their own.
set statement_timeout = '30s'
