-- The table or view $1.$2 and its comment; no row when there is none.
select obj_description(relation.oid, 'pg_class')
from pg_catalog.pg_class as relation
join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
where namespace.nspname = $1 and relation.relname = $2 and relation.relkind in ('r', 'p', 'v', 'm', 'f')
