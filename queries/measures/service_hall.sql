-- Events of service halls: one on the day a hall opened. Windows are counted, not halls.
select
    hall_code as record,
    opened_on as day,
    hall, tier, town,
    1 as halls,
    window_count as windows,
    rated_window_count as rated_windows,
    case when is_model_site then 1 else 0 end as model_sites
from service_hall
