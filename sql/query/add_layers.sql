-- Describes the layers of $1, a JSON array as in data/layers.json. A row that is there already is an
-- operator's to edit and stays as it is.
insert into plan.layer (id, title_zh, title_en, layer_group, geometry, standard_code, source,
                        description_zh, description_en, minzoom, disjoint, fields, sort_order)
select layer ->> 'id', layer #>> '{title,zh}', layer #>> '{title,en}', layer ->> 'group', layer ->> 'geometry',
       layer ->> 'standard_code', layer ->> 'source', layer #>> '{description,zh}', layer #>> '{description,en}',
       (layer ->> 'minzoom')::smallint, coalesce((layer ->> 'disjoint')::boolean, false), layer -> 'fields',
       sort_order
from jsonb_array_elements($1::text::jsonb) with ordinality as listed (layer, sort_order)
on conflict (id) do nothing
