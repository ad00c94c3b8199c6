{#- The polygons of an outline (GeoJSON text, Polygon or MultiPolygon) as a JSON text: [[ring, …], …], whose points stand on a grid of
   `step` degrees. A point that falls on the next one goes, and so does a ring that no longer surrounds anything. Neighbours stay
   joined, because both are put on the same grid. NULL when nothing is left, or when the text is no outline. -#}
{% macro outline(geojson, step) -%}{{ return(adapter.dispatch('outline')(geojson, step)) }}{%- endmacro %}

{% macro default__outline(geojson, step) -%}
cast(to_json(nullif(list_filter(
    list_transform(
        case json_extract_string({{ geojson }}, '$.type')
            when 'MultiPolygon' then json_transform({{ geojson }}, '{"coordinates": [[[["DOUBLE"]]]]}').coordinates
            when 'Polygon' then [json_transform({{ geojson }}, '{"coordinates": [[["DOUBLE"]]]}').coordinates]
        end,
        lambda polygon: list_filter(
            list_transform(
                list_transform(
                    polygon,
                    lambda ring: list_transform(
                        ring, lambda p: [round(round(p[1] / {{ step }}) * {{ step }}, 4), round(round(p[2] / {{ step }}) * {{ step }}, 4)]
                    )
                ),
                lambda points: list_transform(
                    list_filter(list_zip(points, points[2:]), lambda pair: pair[1] is distinct from pair[2]), lambda pair: pair[1]
                )
            ),
            lambda points: len(points) >= 4
        )
    ),
    lambda polygon: len(polygon) > 0
), [])) as {{ dbt.type_string() }})
{%- endmacro %}
