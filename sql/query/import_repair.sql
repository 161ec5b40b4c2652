-- Repairs what is not valid, and says what it changed. A geometry of which nothing of its kind is left stays as it is.
with invalid as materialized (
    select import_row_number as row_number, geom as before, st_isvaliddetail(geom) as detail,
           st_multi(st_collectionextract(st_makevalid(geom, 'method=structure'), {dimension})) as after
    from import_row
    where not st_isvalid(geom)
),
repaired as (
    update import_row set geom = after
    from invalid
    where import_row_number = row_number and not st_isempty(after)
    returning row_number, before, after, detail
)
select row_number,
       format('repaired: %s at %s %s; corners %s, now %s; area now %s km²', lower((detail).reason),
              st_x((detail).location), st_y((detail).location), st_npoints(before), st_npoints(after),
              round((st_area(after::geography) / 1e6)::numeric, 4)),
       count(*) over ()
from repaired
order by row_number
