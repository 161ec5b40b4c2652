-- Schema of the plan: what every layer table has in common, and the table that describes the layers.

create table plan.layer (
    id             text primary key check (id ~ '^[a-z][a-z0-9_]{0,62}$'),
    title_zh       text not null,
    title_en       text not null,
    layer_group    text not null check (layer_group in ('planning', 'status', 'base')),
    geometry       text not null check (geometry in ('point', 'line', 'polygon')),
    standard_code  text,
    source         text not null,
    description_zh text not null,
    description_en text not null,
    minzoom        smallint not null check (minzoom between 0 and 24),
    fields         jsonb not null check (jsonb_typeof(fields) = 'array'),
    sort_order     integer not null
);

comment on table plan.layer is '图层目录：每行描述模式 plan 中的一个同名图层表';
comment on column plan.layer.id is '图层标识，即表名';
comment on column plan.layer.title_zh is '中文名称';
comment on column plan.layer.title_en is '英文名称';
comment on column plan.layer.layer_group is '分组：planning 规划，status 现状，base 基础地理';
comment on column plan.layer.geometry is '几何类型：point 点，line 线，polygon 面';
comment on column plan.layer.standard_code is '矿产资源规划数据库标准 DZ/T 0226 图层代码';
comment on column plan.layer.source is '规划章节或表号';
comment on column plan.layer.description_zh is '中文说明';
comment on column plan.layer.description_en is '英文说明';
comment on column plan.layer.minzoom is '切片起始级别';
comment on column plan.layer.fields is '发布的属性列，按顺序：[{"name", "type", "title": {"zh", "en"}}]';
comment on column plan.layer.sort_order is '图层顺序';

-- Refuses a geometry that no map could show, and says which row and where. The column's type has already
-- refused another geometry type or SRID.
create function plan.check_geometry() returns trigger
language plpgsql
set search_path from current
as $$
declare
    place  constant text := format('%I.%I, id %s', tg_table_schema, tg_table_name, new.id)
                            || coalesce(', code ' || new.code, '');
    reason text;
    fault  record;
begin
    if new.geom is null then
        return new;  -- the column is not null and says so itself
    elsif st_isempty(new.geom) then
        reason := 'the geometry is empty';
    elsif st_xmin(new.geom) < -180 or st_xmax(new.geom) > 180
       or st_ymin(new.geom) < -90 or st_ymax(new.geom) > 90 then
        reason := format('the coordinates are not longitude and latitude in degrees: x from %s to %s, y from %s to %s',
                         st_xmin(new.geom), st_xmax(new.geom), st_ymin(new.geom), st_ymax(new.geom));
    else
        fault := st_isvaliddetail(new.geom);
        if not fault.valid then
            reason := format('the geometry is not valid: %s at %s %s',
                             lower(fault.reason), st_x(fault.location), st_y(fault.location));
        end if;
    end if;
    if reason is not null then
        raise exception '%: %', place, reason
            using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,
                  column = 'geom', constraint = tg_name;
    end if;
    return new;
end;
$$;

comment on function plan.check_geometry() is '拒绝空的、无效的或超出经纬度范围的几何';

-- Gives a table with the columns id, code, plan_code and geom its indexes and its checks. A code is unique
-- within its plan.
create function plan.adopt_layer_table(layer regclass) returns void
language plpgsql
set search_path from current
as $$
declare
    name constant text := (select relname from pg_catalog.pg_class where oid = layer);
begin
    execute format('create index %I on %s using gist (geom)', name || '_geom_idx', layer);
    execute format('create unique index %I on %s (coalesce(plan_code, ''''), code)', name || '_code_key', layer);
    execute format('create trigger %I before insert or update of geom on %s '
                   'for each row execute function plan.check_geometry()', name || '_geom_check', layer);
end;
$$;

comment on function plan.adopt_layer_table(regclass) is '为图层表建立空间索引、编号唯一索引和几何检查';
