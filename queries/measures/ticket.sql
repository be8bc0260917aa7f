-- Events of hotline tickets: one on the day a ticket came in, was closed, fell due and was called back.
-- A ticket without a stated deadline falls due by its category, in working days after the day of receipt; an
-- extension and the working days between a return and the next dispatch are added. A return still open adds
-- nothing: until someone holds the ticket again its deadline stands, so that no ticket drops out of what is due.
with moment as (
    select 'received' as what
    union all select 'closed'
    union all select 'due'
    union all select 'called_back'
),
counted as (
    select
        ticket.*,
        received_day.ordinal
        + ticket_deadline.working_days
        + coalesce(ticket.extension_days, 0)
        + greatest(coalesce(redispatched_day.ordinal - returned_day.ordinal, 0), 0) as due_ordinal,
        closed_day.ordinal - dispatched_day.ordinal as handling_days,
        -- What the sender says about time where it gives no moment of closing.
        case when ticket.closed_at is null
            then coalesce(ticket.is_on_time, not ticket.is_overdue, ticket.timeliness = '按时') end as said_on_time,
        -- A moment at midnight sharp is a day without a time: hours cannot be counted from it.
        ticket.received_at <> date_trunc('day', ticket.received_at)
            and ticket.first_dispatched_at <> date_trunc('day', ticket.first_dispatched_at) as dispatch_is_timed,
        coalesce(ticket.signed_at <> date_trunc('day', ticket.signed_at), true)
            and ticket.first_dispatched_at <> date_trunc('day', ticket.first_dispatched_at) as signing_is_timed
    from ticket
    left join ticket_deadline
        on ticket_deadline.category = ticket.category
        and cast(ticket.received_at as date) >= ticket_deadline.valid_from
        and cast(ticket.received_at as date) < ticket_deadline.valid_until
    left join calendar_day as received_day on received_day.day = cast(ticket.received_at as date)
    left join calendar_day as returned_day on returned_day.day = cast(ticket.returned_at as date)
    left join calendar_day as redispatched_day on redispatched_day.day = cast(ticket.redispatched_at as date)
    left join calendar_day as dispatched_day
        on dispatched_day.day = cast(coalesce(ticket.first_dispatched_at, ticket.received_at) as date)
    left join calendar_day as closed_day on closed_day.day = cast(ticket.closed_at as date)
),
clocked as (
    select
        counted.*,
        coalesce(
            case when counted.due_at = date_trunc('day', counted.due_at)
                then counted.due_at + interval '23 hours 59 minutes 59 seconds' else counted.due_at end,
            cast(due_day.day as timestamp) + interval '23 hours 59 minutes'
        ) as falls_due_at
    from counted
    left join calendar_day as due_day on due_day.is_working and due_day.ordinal = counted.due_ordinal
),
dated as (
    select
        clocked.*,
        moment.what,
        case moment.what
            when 'received' then cast(received_at as date)
            when 'closed' then cast(closed_at as date)
            when 'due' then cast(falls_due_at as date)
            when 'called_back' then cast(called_back_at as date)
        end as day
    from clocked
    cross join moment
)
select
    ticket_id as record,
    day,
    channel, category, topic, urgency, handling, town, department, status, final_level,
    case when what = 'received' then 1 else 0 end as tickets,
    case when what = 'received' and handling = '转办' then 1 else 0 end as transferred,
    case when what = 'received' and handling = '督办' then 1 else 0 end as supervised,
    case when what = 'received' and (closed_at is not null or said_on_time is not null) then 1 else 0 end
        as closed_of_received,
    case when what = 'received' and is_repeat then 1 else 0 end as repeated,
    case when what = 'received' and is_unreasonable then 1 else 0 end as unreasonable,
    case when what = 'received' and extension_days > 0 then 1 else 0 end as extended,
    case when what = 'received' and first_dispatched_at is not null then 1 else 0 end as dispatched,
    case when what = 'received' and dispatch_is_timed then 1 else 0 end as dispatch_timed,
    case when what = 'received' and dispatch_is_timed
        then date_diff('second', received_at, first_dispatched_at) else 0 end as dispatch_seconds,
    case when what = 'received' and signing_is_timed then 1 else 0 end as signing_timed,
    case when what = 'received' and first_dispatched_at is not null and return_count > 0 then 1 else 0 end as returned,
    case when what = 'received' and first_dispatched_at is not null and dispatch_count > 1 then 1 else 0 end
        as redispatched,
    case when what = 'received' and signing_is_timed
        and signed_at <= first_dispatched_at + interval '24 hours' then 1 else 0 end as signed_in_time,
    case when what = 'closed' then 1 else 0 end as closed,
    case when what = 'closed' and rehandle_count > 0 then 1 else 0 end as rehandled,
    case when what = 'closed' and contacted_at <= closed_at then 1 else 0 end as contacted_before_closing,
    case when what = 'closed' and called_back_at is not null then 1 else 0 end as called_back_of_closed,
    case when what = 'closed' then handling_days end as handling_days,
    case when what = 'due' then 1 else 0 end as due,
    case when what = 'due' and (closed_at <= falls_due_at or said_on_time) then 1 else 0 end as closed_on_time,
    case when what = 'received' and said_on_time is null then 1 when what = 'closed' then -1 else 0 end as open_change,
    case
        when what = 'due' and said_on_time is null and (closed_at is null or closed_at > falls_due_at) then 1
        when what = 'closed' and closed_at > falls_due_at then -1
        else 0
    end as overdue_change,
    case when what = 'called_back' then 1 else 0 end as callbacks,
    case when what = 'called_back' and is_reached then 1 else 0 end as callbacks_reached,
    case when what = 'called_back' and is_reached and is_contacted is not null then 1 else 0 end as contact_known,
    case when what = 'called_back' and is_reached and is_contacted then 1 else 0 end as contact_confirmed,
    case when what = 'called_back' and is_reached and is_resolved is not null then 1 else 0 end as resolution_known,
    case when what = 'called_back' and is_reached and is_resolved then 1 else 0 end as resolved,
    case when what = 'called_back' and is_reached and first_level is not null then 1 else 0 end as first_rated,
    case when what = 'called_back' and is_reached and first_level >= 3 then 1 else 0 end as first_satisfied,
    case when what = 'called_back' and is_reached and final_level is not null then 1 else 0 end as rated,
    case when what = 'called_back' and is_reached and final_level >= 3 then 1 else 0 end as satisfied
from dated
where day is not null
