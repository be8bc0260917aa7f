-- Events of kiosk transactions: one on the day each began. A session counts
-- once a day, with its first transaction.
with ranked as (
    select
        kiosk_transaction.*,
        row_number() over (partition by session_id, cast(started_at as date) order by started_at, transaction_id) as place_in_session
    from kiosk_transaction
)
select
    transaction_id as record,
    cast(started_at as date) as day,
    kiosk_id, town, item, department, handling, result, failure_reason, age_group,
    1 as transactions,
    case when place_in_session = 1 then 1 else 0 end as sessions,
    case when result = '成功' then 1 else 0 end as succeeded,
    case when result <> '成功' then 1 else 0 end as failed,
    case when age_group is not null then 1 else 0 end as age_known,
    case when age_group = '60岁以上' then 1 else 0 end as elder
from ranked
