-- </script><script>window.harmed = 1</script>
select id, email as address, {{ doubler('id') }} as doubled from {{ ref('people') }}
