-- The dimensions of the geometries in a table: 0 points, 1 lines, 2 polygons.
select min(st_dimension({geometry})), max(st_dimension({geometry})) from {table}
