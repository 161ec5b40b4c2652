-- Where the rows of a file wait until all of them are checked.
create temporary table import_row (
    import_row_number bigint primary key,
    id bigint,
    geom geometry not null{definitions}
) on commit drop
