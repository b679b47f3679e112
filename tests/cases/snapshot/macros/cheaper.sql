{% macro snapshot_cheaper_strategy(node, snapshotted_rel, current_rel, config, target_exists) %}
  {% set updated_at = "'2024-02-15'::timestamp" %}
  {% do return({
    'unique_key': config['unique_key'],
    'updated_at': updated_at,
    'row_changed': '(' ~ current_rel ~ '.price < ' ~ snapshotted_rel ~ '.price)',
    'scd_id': snapshot_hash_arguments([config['unique_key'], updated_at, 'price']),
    'invalidate_hard_deletes': false,
    'hard_deletes': 'ignore',
  }) %}
{% endmacro %}
