-- The key of a refused row, where it could be read: a later file that brings the record settles it.
alter table refused_row add column record varchar;
