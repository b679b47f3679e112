{% do exceptions.warn('orders is about to move') %}
select 1 as id
