select 1 as draft
