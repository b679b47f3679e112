-- description: Lines of at most 30 characters,
--   and a file of its own
-- severity: warn

select file, line, 'the line has ' || length(text) || ' characters' as message,
    case when length(text) > 50 then 'error' end as severity,
    'break it' as help, text
from lines
where file like 'models/%' and length(text) > 30;
