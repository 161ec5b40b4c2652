-- Waiting rows that share ground with an earlier one, or with one in the table, of the same plan and not of another
-- mineral: coal-bed methane lies over coal. Less than a square metre, or a strip narrower than a metre, is what rounding
-- makes of a common border, and straight lines between its corners in two coordinate systems.
with pair as materialized (
    select later.row_number, format('row %s', earlier.row_number) as other, later.geom as one, earlier.geom as two
    from import_shape as later
         join import_shape as earlier
           on later.geom && earlier.geom and earlier.row_number < later.row_number
              and later.plan_code = earlier.plan_code and coalesce(later.mineral = earlier.mineral, true)
              and st_intersects(later.geom, earlier.geom)
    union all
    select shape.row_number, format('id %s in the table', present.id), shape.geom, present.geom
    from import_shape as shape
         join {table} as present
           on shape.geom && present.geom
              and shape.plan_code = coalesce(present.plan_code, '') and coalesce(shape.mineral = present.mineral, true)
              and st_intersects(shape.geom, present.geom)
),
common as (
    select row_number, other, st_collectionextract(st_intersection(one, two), 3)::geography as ground from pair
    where not st_touches(one, two)
),
measured as (
    select row_number, other, st_area(ground) as area, st_perimeter(ground) as perimeter from common
)
select row_number, format('it overlaps %s by %s m²', other, round(area::numeric)), count(*) over ()
from measured
where area > 1 and 2 * area > perimeter
order by row_number, other
limit $1
