-- </script><script>window.harmed = 1</script>
select id, email as address, id * 2 as doubled from {{ ref('people') }}
