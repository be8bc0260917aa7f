-- Working days a hotline ticket may take, by category and day of receipt; filled from deadlines.csv.
create or replace table ticket_deadline (category varchar, working_days integer, valid_from date, valid_until date);
