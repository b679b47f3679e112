select '{{ ref('worse') }}' as id
