-- The tables of which every change is counted, and as a change of which layer: schema, table, layer.
select namespace.nspname::text, relation.relname::text, split_part(encode(called.tgargs, 'escape'), '\000', 1)
from pg_catalog.pg_trigger as called
join pg_catalog.pg_class as relation on relation.oid = called.tgrelid
join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
where called.tgfoid = to_regprocedure('plan.table_changed()') and called.tgenabled in ('O', 'A')
group by 1, 2, 3
-- Insert, update, delete, truncate.
having count(*) = 4
