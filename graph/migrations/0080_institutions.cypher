// Schools and day-care centres are found by STIL's number.
CREATE INDEX unit_institution_number IF NOT EXISTS FOR (n:Unit) ON (n.institution_number);
