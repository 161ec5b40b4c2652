-- What is wrong with the waiting rows: number, reason, and how many problems there are in all.
with fault (row_number, reason) as (
    select import_row_number,
           format('its coordinates, from %s %s, do not lie in the area of EPSG:%s', st_xmin(geom), st_ymin(geom), st_srid(geom))
    from import_row
    where st_srid(geom) <> 4490
    union all
    select import_row_number,
           format('its coordinates are not longitude and latitude in degrees: x from %s to %s, y from %s to %s',
                  st_xmin(geom), st_xmax(geom), st_ymin(geom), st_ymax(geom))
    from import_row
    where st_srid(geom) = 4490
      and not (st_xmin(geom) >= -180 and st_xmax(geom) <= 180 and st_ymin(geom) >= -90 and st_ymax(geom) <= 90)
    union all
    select import_row_number,
           format('the geometry is not valid: %s at %s %s', lower((detail).reason), st_x((detail).location), st_y((detail).location))
    from (select import_row_number, st_isvaliddetail(geom) as detail from import_row) as checked
    where not (detail).valid
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
