-- Every described layer, as JSON like an element of data/layers.json.
select id,
       jsonb_build_object(
           'id', id,
           'title', jsonb_build_object('zh', title_zh, 'en', title_en),
           'group', layer_group,
           'geometry', geometry,
           'standard_code', standard_code,
           'source', source,
           'description', jsonb_build_object('zh', description_zh, 'en', description_en),
           'minzoom', minzoom,
           'disjoint', disjoint,
           'fields', fields
       )::text
from plan.layer
order by sort_order, id
