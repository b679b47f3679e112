-- name: test_directories
-- description: Tests that are declared in another folder than that of the model they are about
-- severity: warn

select
    tests.unique_id,
    format('a test of `{}` is declared in the folder {}, and the model is in {}', models.label, tests.folder, models.folder)
        as message,
    format('declare it in a property file in {}', models.folder) as help
from tests
join models on models.unique_id = tests.tested_unique_id
where tests.is_checked and models.is_checked and tests.test_name is not null and tests.folder <> models.folder
