select '{{ metric('revenue') }}' as m, '{{ metric('growth').full_metric_dependency() | join(' ') }}' as metrics, {{ function('total') }}(4) as n
