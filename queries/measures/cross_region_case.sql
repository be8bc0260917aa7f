-- Events of cross-region cases: one on the day a case was accepted, one on the day it was promised by.
with moment as (
    select 'accepted' as what
    union all select 'due'
),
dated as (
    select
        cross_region_case.*,
        moment.what,
        -- What the sender says about time where it gives no moment of closing; a due day without a time ends at night.
        case when closed_at is null then coalesce(is_on_time, not is_overdue, timeliness = '按时') end as said_on_time,
        case when due_at = date_trunc('day', due_at)
            then due_at + interval '23 hours 59 minutes 59 seconds' else due_at end as falls_due_at,
        case moment.what when 'accepted' then cast(accepted_at as date) when 'due' then cast(due_at as date) end as day
    from cross_region_case
    cross join moment
)
select
    case_id as record,
    day,
    scope, is_marriage, item, department, town, hall, mode, status,
    case when what = 'accepted' then 1 else 0 end as cases,
    case when what = 'accepted' and is_marriage then 1 else 0 end as marriage,
    case when what = 'accepted' and not is_marriage then 1 else 0 end as other_than_marriage,
    case when what = 'accepted' and scope = '跨省通办' then 1 else 0 end as cross_province,
    case when what = 'accepted' and scope = '省内通办' then 1 else 0 end as within_province,
    case when what = 'accepted' and scope = '全市通办' then 1 else 0 end as citywide,
    case when what = 'accepted' and scope = '深惠通办' then 1 else 0 end as shenzhen_huizhou,
    case when what = 'accepted' and (closed_at is not null or said_on_time is not null) then 1 else 0 end
        as closed_of_accepted,
    case when what = 'due' and coalesce(status, '') <> '已退件' then 1 else 0 end as due,
    case when what = 'due' and coalesce(status, '') <> '已退件' and (closed_at <= falls_due_at or said_on_time) then 1 else 0 end
        as closed_on_time
from dated
where day is not null
