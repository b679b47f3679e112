select '{{ env_var('DEMO_REGION') }}' as region
