select
    * exclude (licences_booked, services_booked),
    cast(licences_booked + services_booked as decimal(14, 2)) as booked
from {{ ref('customer_360', v=2) }}
