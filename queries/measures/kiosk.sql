-- Events of kiosks: entering and leaving service, each day in service, and falling idle or being used again.
-- A machine is idle on a day when it had no transaction on that day or the 29 before it.
with horizon_day as (
    select max(last_day) as last_day from horizon where subject = 'kiosk_transaction'
),
used as (
    select kiosk_id, in_service_on as day from kiosk
    union
    select visited.kiosk_id, visited.day
    from (select distinct kiosk_id, cast(started_at as date) as day from kiosk_transaction) as visited
    join kiosk on kiosk.kiosk_id = visited.kiosk_id and visited.day >= kiosk.in_service_on
),
gap as (
    select
        used.kiosk_id,
        used.day + 30 as idle_from,
        least(lead(used.day) over (partition by used.kiosk_id order by used.day), kiosk.retired_on) as idle_until
    from used
    join kiosk on kiosk.kiosk_id = used.kiosk_id
),
change as (
    select kiosk_id, in_service_on as day, 1 as machines, 0 as machine_days, 0 as idle from kiosk
    union all
    select kiosk_id, retired_on, -1, 0, 0 from kiosk where retired_on is not null
    union all
    select kiosk.kiosk_id, calendar_day.day, 0, 1, 0
    from kiosk
    cross join horizon_day
    join calendar_day
        on calendar_day.day >= kiosk.in_service_on
        and calendar_day.day < coalesce(kiosk.retired_on, horizon_day.last_day + 1)
        and calendar_day.day <= horizon_day.last_day
    union all
    select kiosk_id, idle_from, 0, 0, 1 from gap where idle_until is null or idle_until > idle_from
    union all
    select kiosk_id, idle_until, 0, 0, -1 from gap where idle_until > idle_from
)
select
    change.kiosk_id as record,
    change.day,
    kiosk.kiosk_id, kiosk.tier, kiosk.town, kiosk.operator, kiosk.state,
    change.machines, change.machine_days, change.idle
from change
join kiosk on kiosk.kiosk_id = change.kiosk_id
