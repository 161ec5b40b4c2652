-- For statements on metadata. Exports take the limit that is kept here for them; imports and migrations, at which
-- somebody sits, set their own.
set statement_timeout = {statement};
set lock_timeout = {lock};
set plantiles.export_timeout = {export};
-- PostGIS says of its functions that they cost a lot, so PostgreSQL compiles statements over a handful of rows: a second
-- or more for each layer of an import, which itself takes milliseconds.
set jit = off
