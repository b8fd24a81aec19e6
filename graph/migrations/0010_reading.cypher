// What a run has changed and found wrong (api/: imports with their differences and bad records).
CREATE INDEX change_run IF NOT EXISTS FOR (n:Change) ON (n.run);
CREATE INDEX bad_record_run IF NOT EXISTS FOR (n:BadRecord) ON (n.run);
