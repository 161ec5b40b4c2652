-- The columns of the table or view $1.$2 in order: name, type, comment, declared geometry type and SRID.
select attribute.attname::text,
       type.typname::text,
       col_description(relation.oid, attribute.attnum),
       case when type.typname = 'geometry' then upper(postgis_typmod_type(attribute.atttypmod)) end,
       case when type.typname = 'geometry' then postgis_typmod_srid(attribute.atttypmod) end
from pg_catalog.pg_attribute as attribute
join pg_catalog.pg_class as relation on relation.oid = attribute.attrelid
join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
join pg_catalog.pg_type as type on type.oid = attribute.atttypid
where namespace.nspname = $1 and relation.relname = $2 and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum
