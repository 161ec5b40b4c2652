-- Waiting rows whose area on the ellipsoid is more than 1 % off the one they state.
select import_row_number,
       format('its area is %s km², stated are %s', round(drawn::numeric, 4), area_km2),
       count(*) over ()
from (select import_row_number, area_km2, st_area(geom::geography) / 1e6 as drawn
      from import_row where area_km2 is not null) as measured
where abs(drawn - area_km2) > 0.01 * abs(area_km2)
order by import_row_number
limit $1
