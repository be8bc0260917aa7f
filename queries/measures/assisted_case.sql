-- Events of assisted cases: one on the day a case was registered, one on the day it was closed.
with moment as (
    select 'accepted' as what
    union all select 'closed'
),
dated as (
    select
        assisted_case.*,
        moment.what,
        case moment.what when 'accepted' then cast(accepted_at as date) when 'closed' then cast(closed_at as date) end as day
    from assisted_case
    cross join moment
),
clocked as (
    select dated.*, closed_day.ordinal - accepted_day.ordinal as working_days
    from dated
    left join calendar_day as accepted_day on accepted_day.day = cast(dated.accepted_at as date)
    left join calendar_day as closed_day on closed_day.day = cast(dated.closed_at as date)
)
select
    case_id as record,
    day,
    kind, town, department, status, level,
    case when what = 'accepted' then 1 else 0 end as cases,
    case when what = 'accepted' and kind = '急难愁盼' then 1 else 0 end as urgent,
    case when what = 'accepted' and kind = '帮办代办' then 1 else 0 end as on_behalf,
    case when what = 'accepted' and kind = '重点项目' then 1 else 0 end as key_project,
    case when what = 'accepted' and kind = '特殊群体' then 1 else 0 end as special_group,
    case when what = 'accepted' and closed_at is not null then 1 else 0 end as closed_of_accepted,
    case when what = 'closed' then 1 else 0 end as closed,
    case when what = 'closed' then working_days end as handling_days,
    case when what = 'closed' and level is not null then 1 else 0 end as rated,
    case when what = 'closed' and level >= 3 then 1 else 0 end as satisfied
from clocked
where day is not null
