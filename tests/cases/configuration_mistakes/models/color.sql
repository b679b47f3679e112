{{ config(docs={'node_color': 'no-such-color'}) }}
select 1 as id
