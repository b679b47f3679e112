{{ config(docs={'node_color': 'DarkSlateGrey'}, on_error='skip_children', unique_key=['id'], persist_docs={'relation': true}) }}
select 1 as id
