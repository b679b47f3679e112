select regexp_extract(current_query(), '/\*.*\*/') as comment
