-- An export reads whole tables: it has the limit of the session for exports.
select set_config('statement_timeout', current_setting('plantiles.export_timeout'), true)
