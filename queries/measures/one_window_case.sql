-- Events of one-window cases: one on the day a case was accepted, one on the day it was promised by.
-- Minutes are decimals, so that their sum does not depend on the order of rows. A window-day is a window that accepted at least one case on that day.
with moment as (
    select 'accepted' as what
    union all select 'due'
),
ranked as (
    select
        one_window_case.*,
        row_number() over (
            partition by hall, "window", cast(accepted_at as date) order by accepted_at, case_id
        ) as place_in_window_day
    from one_window_case
),
dated as (
    select
        ranked.*,
        moment.what,
        -- What the sender says about time where it gives no moment of closing; a due day without a time ends at night.
        case when closed_at is null then coalesce(is_on_time, not is_overdue, timeliness = '按时') end as said_on_time,
        case when due_at = date_trunc('day', due_at)
            then due_at + interval '23 hours 59 minutes 59 seconds' else due_at end as falls_due_at,
        case moment.what when 'accepted' then cast(accepted_at as date) when 'due' then cast(due_at as date) end as day
    from ranked
    cross join moment
)
select
    case_id as record,
    day,
    item, department, town, hall, "window", is_single_sign_on, status,
    case when what = 'accepted' then 1 else 0 end as cases,
    case when what = 'accepted' and place_in_window_day = 1 then 1 else 0 end as window_days,
    case when what = 'accepted' and (closed_at is not null or said_on_time is not null) then 1 else 0 end
        as closed_of_accepted,
    case when what = 'accepted' and is_single_sign_on is not null then 1 else 0 end as sign_on_known,
    case when what = 'accepted' and is_single_sign_on then 1 else 0 end as single_sign_on,
    case when what = 'accepted' and wait_minutes is not null then 1 else 0 end as wait_known,
    case when what = 'accepted' then cast(wait_minutes as decimal(18, 4)) end as wait_minutes,
    case when what = 'due' and coalesce(status, '') <> '已退件' then 1 else 0 end as due,
    case when what = 'due' and coalesce(status, '') <> '已退件' and (closed_at <= falls_due_at or said_on_time) then 1 else 0 end
        as closed_on_time
from dated
where day is not null
