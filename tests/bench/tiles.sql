-- The tiles to measure, as z, x, y, one a line: distinct, weighted by data (a tile is drawn by picking a
-- feature), in an order that mixes zooms. :scale is the share of the full list of 2,000.
with wanted (z, tiles) as (
  values (5, 15), (6, 50), (7, 150), (8, 210), (9, 265), (10, 262), (11, 262), (12, 262), (13, 262), (14, 262)
),
picked as (
  -- Hashes, not random(): the same rows give the same list.
  select st_x(centre) as lon, radians(st_y(centre)) as lat, turn
  from (select st_centroid(st_envelope(geom)) as centre, md5(id::text) as turn from bench.block) as features
  order by turn limit 20000
),
found as (
  select z, floor((lon + 180) / 360 * 2 ^ z)::int as x,
         floor((1 - ln(tan(lat) + 1 / cos(lat)) / pi()) / 2 * 2 ^ z)::int as y, min(turn) as turn
  from picked, wanted
  group by 1, 2, 3
),
ranked as (
  select *, row_number() over (partition by z order by turn, x, y) as rank from found
)
select z || ' ' || x || ' ' || y
from ranked join wanted using (z)
where rank <= greatest(1, tiles * :scale)
order by md5(z || '/' || x || '/' || y)
