-- Empty tables for the generated plan, in a schema of the bench's own.
create extension if not exists postgis;
drop schema if exists bench cascade;
create schema bench;

create table bench.block (
  id bigint primary key, code text, name text, kind text, plan_code text, admin_code text, level text,
  mineral text, area_km2 double precision, valid_from date, valid_to date,
  geom geometry(MultiPolygon, 4490) not null
);
create table bench.base (like bench.block including all);
create table bench.prohibited (like bench.block including all);
