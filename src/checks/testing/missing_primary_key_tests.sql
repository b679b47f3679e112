-- name: missing_primary_key_tests
-- description: Models of which no test or constraint says what a row is
-- severity: warn
-- parameter: resource_types = [model] (the kinds of node that must have a key)
-- parameter: key_tests = [unique_combination_of_columns, expect_compound_columns_to_be_unique] (tests that each prove a key alone)
-- help: test one column for `unique` and `not_null`, or a combination for being unique

with proofs as (
    -- A column that is unique and never null, by tests or by a constraint.
    select tests.tested_unique_id as unique_id
    from tests
    left join columns
        on columns.unique_id = tests.tested_unique_id and lower(columns.name) = lower(tests.column_name)
    where test_name in ('unique', 'not_null')
    group by tests.tested_unique_id, lower(tests.column_name)
    having bool_or(test_name = 'unique')
        and bool_or(test_name = 'not_null' or coalesce(list_contains(columns.constraint_types, 'not_null'), false))

    union all

    select tested_unique_id
    from tests
    where list_contains(getvariable('key_tests'), test_name)

    union all

    select unique_id
    from columns
    where list_contains(constraint_types, 'primary_key')

    union all

    select unique_id
    from nodes
    where list_contains(json_extract_string(constraints, '$[*].type'), 'primary_key')
)

select
    resources.unique_id,
    coalesce(nodes.patch_file, resources.file) as file,
    coalesce(nodes.patch_line, resources.line) as line,
    format('no test says what a row of the {} `{}` is', resources.resource_type, resources.label) as message
from resources
left join nodes using (unique_id)
where resources.is_checked
    and list_contains(getvariable('resource_types'), resources.resource_type)
    and resources.unique_id not in (select unique_id from proofs where unique_id is not null)
