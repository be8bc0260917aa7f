-- Tables of a generation that do not depend on the catalogue. Subject tables are made from it.

-- One row per imported file. A batch out of force keeps its rows; they no longer count.
create table batch (
    batch integer,
    subject varchar,
    is_register boolean,
    file_name varchar,
    digest varchar,
    format varchar,
    encoding varchar,
    header_line integer,
    rows_read integer,
    new integer,
    changed integer,
    same integer,
    older integer,
    refused integer,
    skipped varchar,
    normalised varchar,
    period_first date,
    period_last date,
    exported_at timestamp,
    imported_at timestamp,
    stated_at timestamp,
    in_force boolean,
    undone_at timestamp
);

-- One row per refused row of a file, with the rule it broke.
create table refused_row (
    batch integer,
    subject varchar,
    line integer,
    rule varchar,
    reason varchar,
    raw varchar
);

-- One row per calendar day; ordinal counts working days from the first day on.
create table calendar_day (day date, is_working boolean, ordinal integer);

-- One row per subject that has data: the last day its files in force cover.
create table horizon (subject varchar, first_day date, last_day date);
