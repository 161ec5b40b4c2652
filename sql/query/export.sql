-- The rows of a layer in id order. PostGIS leaves a flat geometry that is already in EPSG:4490 as it is.
select {id}::bigint, st_force2d(st_transform({geometry}, 4490)){values}
from {table}
order by 1
