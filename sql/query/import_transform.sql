-- From EPSG:{srid}. A geometry that cannot be transformed keeps its own SRID, by which it is found.
create function pg_temp.import_transform(geom geometry) returns geometry
language plpgsql
as $$
begin
    return st_transform(st_setsrid(geom, {srid}), 4490);
exception
    when others then
        return st_setsrid(geom, {srid});
end;
$$;

update import_row set geom = pg_temp.import_transform(geom);

drop function pg_temp.import_transform(geometry);
