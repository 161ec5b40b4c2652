-- For statements on metadata. Exports take the limit that is kept here for them; imports and migrations, at which
-- somebody sits, set their own.
set statement_timeout = {statement};
set lock_timeout = {lock};
set plantiles.export_timeout = {export}
