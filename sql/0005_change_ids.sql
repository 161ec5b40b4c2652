-- Each change of a layer has an id of its own, that of the last stands beside the count. A count comes again in a database that was
-- restored, or in a standby that took over before it had everything; an id never does. So equal ids are the same last
-- change, and what it left, whichever server is asked.

alter table plan.change_count add column change uuid not null default gen_random_uuid();
comment on column plan.change_count.change is '最近一次变更的唯一标识';

-- Also of layers that nobody has changed since they were made.
insert into plan.change_count (layer, changes) select id, 0 from plan.layer on conflict do nothing;

-- As it was, with the id.
create or replace function plan.announce_change() returns trigger
language plpgsql
security definer
as $$
declare
    noted constant text[] := string_to_array(current_setting('plantiles.changed_' || new.layer, true), ';');
    count bigint;
begin
    perform pg_advisory_xact_lock(hashtext('plantiles: change'));
    delete from plan.pending_change where transaction = new.transaction and layer = new.layer;
    insert into plan.change_count as counted (layer, changes) values (new.layer, 1)
        on conflict (layer) do update set changes = counted.changes + 1, change = gen_random_uuid()
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

-- Replacing a function takes its settings away.
do $$
declare
    postgis constant text := (select extnamespace::regnamespace from pg_catalog.pg_extension where extname = 'postgis');
begin
    execute format('alter function plan.announce_change() set search_path = pg_catalog, %s, pg_temp', postgis);
end;
$$;
