-- Changes with every row that is written, added or removed; reads no geometry.
select count(*), coalesce(sum(hashint8extended({id}::bigint, xmin::text::bigint)), 0)::text from {table}
