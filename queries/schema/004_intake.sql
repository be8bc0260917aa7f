-- What a batch keeps about the file it came from, beyond its counts.
alter table batch add column size bigint;
alter table batch add column headers varchar;
alter table batch add column mapping varchar;
alter table batch add column totals varchar;
alter table batch add column confirmed varchar;
alter table batch add column is_complete boolean default false;
alter table batch add column withdrawn integer default 0;
alter table batch add column raw_file varchar;
alter table batch add column raw_purged_at timestamp;

-- One row per corrected row: which refused row of an earlier batch it replaces.
create table resubmission (batch integer, line integer, origin_batch integer, origin_line integer);
