-- Changes are counted and announced. A statement that changes a layer's table is noted; when its transaction
-- commits, the layer's count goes up by one and one notification on the channel `plantiles` says so:
--
--   {"layer": "mining_blocks", "change": 42, "at": 1764000000.5, "old": [112.1, 36.1, 112.2, 36.2], "new": null}
--
-- `old` and `new` are the boxes of what was there and of what is there now, in the table's own coordinates;
-- null where there was nothing or nobody knows. Who missed notifications compares the counts.

create table plan.change_count (
    layer   text primary key,
    changes bigint not null
);
comment on table plan.change_count is '图层变更计数：每个提交的事务对每个图层计一次';
comment on column plan.change_count.layer is '图层标识';
comment on column plan.change_count.changes is '已提交的变更次数';

-- Empty but for transactions under way: a row waits for its transaction's commit, see plan.announce_change.
create table plan.pending_change (
    transaction xid8 not null,
    layer       text not null,
    primary key (transaction, layer)
);
comment on table plan.pending_change is '待提交事务的图层变更';

-- Notes that the current transaction changes a layer, within these boxes. What it has changed so far is kept in
-- a setting of the transaction, which savepoints undo as they do the rows.
create function plan.note_change(layer text, old_box box2d, new_box box2d) returns void
language plpgsql
as $$
declare
    setting     constant text := 'plantiles.changed_' || layer;
    transaction constant text := pg_current_xact_id()::text;
    noted       text[] := string_to_array(current_setting(setting, true), ';');
begin
    if noted[1] is distinct from transaction then
        insert into plan.pending_change values (pg_current_xact_id(), layer) on conflict do nothing;
        noted := array[transaction, '', ''];
    end if;
    if old_box is not null then
        noted[2] := st_combinebbox(nullif(noted[2], '')::box2d, old_box::geometry)::text;
    end if;
    if new_box is not null then
        noted[3] := st_combinebbox(nullif(noted[3], '')::box2d, new_box::geometry)::text;
    end if;
    perform set_config(setting, array_to_string(noted, ';'), true);
end;
$$;

-- After a statement on a layer's table, arguments: layer, geometry column.
create function plan.table_changed() returns trigger
language plpgsql
security definer
as $$
declare
    layer    constant text := tg_argv[0];
    measure  constant text := format('select count(*), st_extent(%I) from ', tg_argv[1]);
    old_rows bigint := 0;
    new_rows bigint := 0;
    old_box  box2d;
    new_box  box2d;
begin
    if tg_op in ('UPDATE', 'DELETE') then
        execute measure || 'rows_before' into old_rows, old_box;
    elsif tg_op = 'TRUNCATE' then
        old_rows := 1;
        if has_table_privilege(tg_relid, 'select') then
            execute format('select st_extent(%I) from %s', tg_argv[1], tg_relid::regclass) into old_box;
        end if;
    end if;
    if tg_op in ('UPDATE', 'INSERT') then
        execute measure || 'rows_after' into new_rows, new_box;
    end if;
    if old_rows + new_rows > 0 then
        perform plan.note_change(layer, old_box, new_box);
    end if;
    return null;
end;
$$;

-- After a statement on plan.layer: how a layer is described is part of what is published.
create function plan.layers_changed() returns trigger
language plpgsql
security definer
as $$
begin
    if tg_op = 'DELETE' then
        perform plan.note_change(id, null, null) from rows_before;
    elsif tg_op = 'INSERT' then
        perform plan.note_change(id, null, null) from rows_after;
    else
        perform plan.note_change(id, null, null) from (select id from rows_before union select id from rows_after) as changed;
    end if;
    return null;
end;
$$;

-- At commit, so that the count is locked for a moment only. Transactions with notifications commit one after
-- the other anyway; the lock makes them count in one order too, so that they cannot wait for each other.
create function plan.announce_change() returns trigger
language plpgsql
security definer
as $$
declare
    noted constant text[] := string_to_array(current_setting('plantiles.changed_' || new.layer, true), ';');
    count bigint;
begin
    perform pg_advisory_xact_lock(hashtext('plantiles: change'));
    delete from plan.pending_change where transaction = new.transaction and layer = new.layer;
    insert into plan.change_count as counted values (new.layer, 1)
        on conflict (layer) do update set changes = counted.changes + 1
        returning changes into count;
    perform pg_notify('plantiles', json_build_object(
        'layer', new.layer,
        'change', count,
        'at', extract(epoch from clock_timestamp()),
        'old', plan.box_array(nullif(noted[2], '')::box2d),
        'new', plan.box_array(nullif(noted[3], '')::box2d))::text);
    return null;
end;
$$;

create function plan.box_array(box box2d) returns double precision[]
language sql immutable strict
return array[st_xmin(box), st_ymin(box), st_xmax(box), st_ymax(box)];

-- Runs with the rights of the schema's owner, for people who may edit a layer and nothing else; so its names
-- are looked up in these schemas alone.
do $$
declare
    postgis constant text := (select extnamespace::regnamespace from pg_catalog.pg_extension where extname = 'postgis');
    called  regprocedure;
begin
    foreach called in array array['plan.note_change(text, box2d, box2d)', 'plan.table_changed()', 'plan.layers_changed()',
                                  'plan.announce_change()']::regprocedure[] loop
        execute format('alter function %s set search_path = pg_catalog, %s, pg_temp', called, postgis);
    end loop;
end;
$$;
revoke execute on function plan.note_change(text, box2d, box2d) from public;

create constraint trigger announce_change after insert on plan.pending_change
    deferrable initially deferred for each row execute function plan.announce_change();

create trigger layers_inserted after insert on plan.layer referencing new table as rows_after
    for each statement execute function plan.layers_changed();
create trigger layers_updated after update on plan.layer
    referencing old table as rows_before new table as rows_after for each statement execute function plan.layers_changed();
create trigger layers_deleted after delete on plan.layer referencing old table as rows_before
    for each statement execute function plan.layers_changed();

-- Has every change of a table counted and announced as a change of a layer. Also for tables outside this schema
-- that the configuration names: select plan.follow_table('public.parks', 'geological_parks', 'geom').
create function plan.follow_table(followed regclass, layer text, geometry_column text) returns void
language plpgsql
set search_path from current
as $$
declare
    call constant text := format('for each statement execute function plan.table_changed(%L, %L)', layer, geometry_column);
begin
    execute format('create trigger %I after insert on %s referencing new table as rows_after %s',
                   'inserted_' || layer, followed, call);
    execute format('create trigger %I after update on %s referencing old table as rows_before new table as rows_after %s',
                   'updated_' || layer, followed, call);
    execute format('create trigger %I after delete on %s referencing old table as rows_before %s',
                   'deleted_' || layer, followed, call);
    execute format('create trigger %I before truncate on %s %s', 'truncated_' || layer, followed, call);
end;
$$;
comment on function plan.follow_table(regclass, text, text) is '使表的每次变更都计数并通知；适用于任意模式中的表';

-- Gives a table with the columns id, code, plan_code and geom its indexes and its checks, and has its changes
-- announced. A code is unique within its plan.
create or replace function plan.adopt_layer_table(layer regclass) returns void
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
    perform plan.follow_table(layer, name, 'geom');
end;
$$;
comment on function plan.adopt_layer_table(regclass) is '为图层表建立空间索引、编号唯一索引、几何检查和变更通知';

-- The tables that are there already.
select plan.follow_table(checked.tgrelid, relation.relname, 'geom')
from pg_catalog.pg_trigger as checked
join pg_catalog.pg_class as relation on relation.oid = checked.tgrelid
where checked.tgfoid = 'plan.check_geometry()'::regprocedure;
