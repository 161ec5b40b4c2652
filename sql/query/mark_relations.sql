-- Of each relation $1[n].$2[n] that there is: n; whether its rows have the number of the transaction that wrote them, as those of
-- tables and materialized views do and those of views and foreign tables do not; and what is read there: which relation it is, also
-- after it was made anew or rewritten, its comment and its columns.
select wanted.n,
       relation.relkind in ('r', 'p', 'm'),
       jsonb_build_array(
           relation.oid::bigint,
           relation.relfilenode::bigint,
           obj_description(relation.oid, 'pg_class'),
           (select jsonb_agg(jsonb_build_array(attribute.attname, attribute.atttypid::bigint, attribute.atttypmod,
                                               col_description(relation.oid, attribute.attnum)) order by attribute.attnum)
            from pg_catalog.pg_attribute as attribute
            where attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped))::text
from unnest($1::text[], $2::text[]) with ordinality as wanted (schema, name, n)
join pg_catalog.pg_namespace as namespace on namespace.nspname = wanted.schema
join pg_catalog.pg_class as relation on relation.relnamespace = namespace.oid and relation.relname = wanted.name
