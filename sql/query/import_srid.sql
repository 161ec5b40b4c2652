-- States the coordinate system of rows that are stored as they are.
update import_row set geom = st_setsrid(geom, 4490)
