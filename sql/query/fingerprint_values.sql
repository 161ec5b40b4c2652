-- Changes with every value of every row, but for one time in four billion; reads all of them.
select count(*), coalesce(sum(hash_record(seen)), 0)::text from {table} as seen
