-- Events of population counts: one on the day a town was counted, and one that takes the count back on the day of
-- the town's next one. So the running sum of residents is every town's newest count.
with counted as (
    select
        town_population.*,
        lead(counted_on) over (partition by town order by counted_on, population_id) as replaced_on
    from town_population
)
select population_id as record, counted_on as day, town, 1 as counts, residents from counted
union all
select population_id, replaced_on, town, 0, -residents from counted where replaced_on is not null
