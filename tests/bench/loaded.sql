-- Indexes, statistics and a check of what was loaded.
create index on bench.block using gist (geom);
create index on bench.base using gist (geom);
create index on bench.prohibited using gist (geom);
vacuum analyze bench.block, bench.base, bench.prohibited;

do $$
begin
  if exists (select from bench.block where not st_isvalid(geom))
     or exists (select from bench.base where not st_isvalid(geom))
     or exists (select from bench.prohibited where not st_isvalid(geom)) then
    raise exception 'the generator made an invalid polygon';
  end if;
end $$;
