-- The waiting rows that can be compared, indexed.
drop table if exists import_shape;
create temporary table import_shape on commit drop as
    select import_row_number as row_number, geom, mineral, coalesce(plan_code, '') as plan_code
    from import_row where st_isvalid(geom);
create index on import_shape using gist (geom);
analyze import_shape
