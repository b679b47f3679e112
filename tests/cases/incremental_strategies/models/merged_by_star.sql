{{ config(incremental_strategy='merge', unique_key='id', merge_clauses={'when_matched': [{'action': 'update', 'mode': 'star'}], 'when_not_matched': [{'action': 'insert', 'mode': 'explicit', 'insert': {'columns': ['id', 'status'], 'values': ['DBT_INTERNAL_SOURCE.id', "'new'"]}}]}) }}
select id, region, status, amount from {{ ref('raw') }}
