-- Whether the rows of $1.$2 have the number of the transaction that wrote them: those of tables and materialized
-- views do, those of views and foreign tables do not. No row when there is no such relation.
select relation.relkind in ('r', 'p', 'm')
from pg_catalog.pg_class as relation
join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
where namespace.nspname = $1 and relation.relname = $2
