-- Layers of which no two features may share ground: an import checks it.

alter table plan.layer add column disjoint boolean not null default false;
comment on column plan.layer.disjoint is '图层内要素之间是否不得重叠';

update plan.layer set disjoint = true where id in ('exploration_blocks', 'mining_blocks', 'mining_rights');
