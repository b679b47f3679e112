select '{{ var('from_project') }}' as a, '{{ var('from_cli', 'default') }}' as b, '{{ env_var('NOT_SET', 'fallback') }}' as c, {{ var('nested')['deep'][0] }} as d
