create schema if not exists plan;

create table if not exists plan.migration (
    number     integer primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now()
);

comment on table plan.migration is '已执行的结构升级';
