-- The days on which the rows of a batch have events, in force or not: where to look for what counts on a day.
create table batch_day (batch integer, day date);
