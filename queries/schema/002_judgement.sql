-- What judging needs beyond the rows themselves: corrections of figures already stated, and targets entered here.

-- One row per day, town and measure whose sum a later batch or an undo changed after the day had been reported.
create table restatement (
    batch integer,
    is_undo boolean,
    restated_at timestamp,
    subject varchar,
    day date,
    town varchar,
    measure varchar,
    delta double
);

-- The same for the buckets that medians and percentiles are read from.
create table bucket_restatement (
    batch integer,
    is_undo boolean,
    restated_at timestamp,
    subject varchar,
    day date,
    town varchar,
    measure varchar,
    bucket integer,
    records double,
    total double
);

-- One row per target entered on the page or the command line, appended and never changed; value null withdraws one.
create table target_entry (
    metric varchar,
    value double,
    value_high double,
    direction varchar,
    period varchar,
    scope varchar,
    document varchar,
    clause varchar,
    valid_from date,
    valid_to date,
    relative_to_last_year boolean,
    pace varchar,
    trajectory varchar,
    recorded_at timestamp,
    recorded_by varchar
);
