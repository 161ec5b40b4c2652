-- What is wrong with the waiting rows: number, reason, and how many problems there are in all.
with invalid as materialized (
    select import_row_number, geom as shape, st_isvaliddetail(geom) as detail from import_row where not st_isvalid(geom)
),
-- A ring that is invalid by itself is named; else the fault is between rings.
ring as (
    select import_row_number, part.path[1] as part, ring.path[1] + 1 as ring,
           st_isvaliddetail(ring.geom) as detail
    from invalid
         cross join lateral st_dump(shape) as part
         cross join lateral st_dumprings(part.geom) as ring
    where st_dimension(shape) = 2
),
fault (row_number, reason) as (
    select import_row_number,
           format('the geometry is not valid: part %s, ring %s: %s at %s %s', part, ring,
                  lower((detail).reason), st_x((detail).location), st_y((detail).location))
    from ring
    where not (detail).valid
    union all
    select import_row_number,
           format('the geometry is not valid: %s at %s %s',
                  lower((detail).reason), st_x((detail).location), st_y((detail).location))
    from invalid
    where not exists (select from ring where ring.import_row_number = invalid.import_row_number
                                         and not (ring.detail).valid)
    union all
    select import_row_number, format('the id %s is that of row %s too', id, first)
    from (select import_row_number, id, min(import_row_number) over (partition by id) as first
          from import_row where id is not null) as numbered
    where import_row_number <> first
    union all
    select import_row_number, format('the id %s is in the table already', id)
    from import_row join {table} using (id)
    union all
    select import_row_number, format('the code %s is that of row %s too', code, first)
    from (select import_row_number, code,
                 min(import_row_number) over (partition by code, coalesce(plan_code, '')) as first
          from import_row where code is not null) as coded
    where import_row_number <> first
    union all
    select import_row_number, format('the code %s is in the table already, at id %s', row.code, present.id)
    from import_row as row
    join {table} as present
      on present.code = row.code and coalesce(present.plan_code, '') = coalesce(row.plan_code, '')
)
select row_number, reason, count(*) over () from fault order by row_number, reason limit $1
