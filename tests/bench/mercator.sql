-- The same rows stored in Web Mercator, in the same order: how PostGIS serves tiles best.
create table bench.block_3857 as
  select id, code, name, kind, plan_code, admin_code, level, mineral, area_km2, valid_from, valid_to,
         st_transform(geom, 3857)::geometry(MultiPolygon, 3857) as geom from bench.block order by id;
create table bench.base_3857 as
  select id, code, name, kind, plan_code, admin_code, level, mineral, area_km2, valid_from, valid_to,
         st_transform(geom, 3857)::geometry(MultiPolygon, 3857) as geom from bench.base order by id;
create table bench.prohibited_3857 as
  select id, code, name, kind, plan_code, admin_code, level, mineral, area_km2, valid_from, valid_to,
         st_transform(geom, 3857)::geometry(MultiPolygon, 3857) as geom from bench.prohibited order by id;
create index on bench.block_3857 using gist (geom);
create index on bench.base_3857 using gist (geom);
create index on bench.prohibited_3857 using gist (geom);
vacuum analyze bench.block_3857, bench.base_3857, bench.prohibited_3857;
