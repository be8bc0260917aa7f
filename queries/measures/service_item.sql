-- Events of service items: one on the day an item entered the list.
select
    item_code as record,
    listed_on as day,
    department, kind,
    1 as items,
    case when is_citywide then 1 else 0 end as citywide,
    case when is_cross_province then 1 else 0 end as cross_province,
    case when is_shenzhen_huizhou then 1 else 0 end as shenzhen_huizhou,
    case when is_one_thing then 1 else 0 end as one_thing,
    case when should_be_stationed then 1 else 0 end as should_be_stationed,
    case when should_be_stationed and is_stationed then 1 else 0 end as stationed
from service_item
