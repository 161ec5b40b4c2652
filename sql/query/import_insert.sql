-- Rows without an id get the numbers after the highest, in file order.
insert into {table} (id, geom{columns})
select coalesce(id, highest + row_number() over (partition by id is null order by import_row_number)),
       geom{columns}
from import_row,
     (select greatest((select max(id) from {table}), (select max(id) from import_row), 0)) as numbers (highest)
order by import_row_number
