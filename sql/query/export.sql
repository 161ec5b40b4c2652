-- The rows of a layer in id order.
select {id}::bigint, {geometry}{values}
from {table}
order by 1
