-- Events of ratings: one on the day a rating was made, one on the day a valid negative rating
-- had to be rectified by. Every measure is a count of ratings.
with moment as (
    select 'rated' as what
    union all select 'rectification_due'
),
dated as (
    select
        rating.*,
        moment.what,
        case moment.what
            when 'rated' then cast(rating.rated_at as date)
            when 'rectification_due' then
                case when rating.verification = '有效差评' then rating.rectify_due_on end
        end as day
    from rating
    cross join moment
)
select
    rating_id as record,
    day,
    item, department, town, hall, channel, level, verification,
    case when what = 'rated' then 1 else 0 end as ratings,
    case when what = 'rated' and coalesce(is_default, false) then 1 else 0 end as defaulted,
    case when what = 'rated' and not coalesce(is_default, false) then 1 else 0 end as volunteered,
    case when what = 'rated' and not coalesce(is_default, false) and level is not null then 1 else 0 end as valid,
    case when what = 'rated' and not coalesce(is_default, false) and level >= 3 then 1 else 0 end as satisfied,
    case when what = 'rated' and not coalesce(is_default, false) and level = 5 then 1 else 0 end as very_satisfied,
    case when what = 'rated' and channel not in ('窗口评价器', '窗口二维码', '自助机') then 1 else 0 end as online,
    case when what = 'rated' and level <= 2 then 1 else 0 end as negative,
    case when what = 'rated' and verification = '有效差评' then 1 else 0 end as valid_negative,
    case when what = 'rated' and verification = '有效差评' and rectified_at is not null then 1 else 0 end as rectified,
    case when what = 'rated' and verification = '有效差评' and is_real_name then 1 else 0 end as real_name_negative,
    case when what = 'rated' and verification = '有效差评' and is_real_name and called_back_at is not null then 1 else 0 end
        as called_back_negative,
    case when what = 'rectification_due' then 1 else 0 end as rectification_due,
    case when what = 'rectification_due' and cast(rectified_at as date) <= rectify_due_on then 1 else 0 end
        as rectified_on_time
from dated
where day is not null
