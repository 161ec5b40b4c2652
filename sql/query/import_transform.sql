-- Every coordinate was found in the area of its system, where the transformation does not fail.
update import_row set geom = st_transform(geom, 4490) where st_srid(geom) <> 4490
