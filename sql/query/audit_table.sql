-- A copy of the audit file, docs/operations.md. Whoever may insert into it and nothing else can be its writer.
create table if not exists {table} (
    id      text primary key,
    time    timestamptz not null,
    event   text not null,
    who     text not null,
    role    text,
    address inet,
    layer   text,
    version text,
    status  integer,
    bytes   bigint,
    record  jsonb not null
);

comment on table {table} is '审计记录，与审计文件一致';
