-- name: duplicate_sources
-- description: Tables of the warehouse that are declared as a source more than once
-- severity: warn
-- help: keep one of them, and have everything read that

select
    unique_id,
    format(
        '`{}` is the table {}, and so is {}',
        label,
        concat_ws('.', database, schema, identifier),
        array_to_string(list_transform(list_filter(twins, lambda twin: twin <> label), lambda twin: format('`{}`', twin)), ', ')
    ) as message
from (
    select
        *,
        list(label) over (
            partition by lower(database), lower(schema), lower(identifier) order by label
            rows between unbounded preceding and unbounded following
        ) as twins
    from sources
    where is_checked
)
where len(twins) > 1
