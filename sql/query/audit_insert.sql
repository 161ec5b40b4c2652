-- $1: lines of the audit file.
insert into {table} (id, time, event, who, role, address, layer, version, status, bytes, record)
select
    record ->> 'id',
    (record ->> 'time')::timestamptz,
    record ->> 'event',
    record ->> 'who',
    record ->> 'role',
    (record ->> 'address')::inet,
    record ->> 'layer',
    record ->> 'version',
    (record ->> 'status')::integer,
    (record ->> 'bytes')::bigint,
    record
from (select line::jsonb as record from unnest($1::text[]) as line) as lines
on conflict (id) do nothing
