// Open tasks are found whatever their role: every inbox asks for all of them.
CREATE INDEX task_state IF NOT EXISTS FOR (n:Task) ON (n.state);
CREATE INDEX case_starter IF NOT EXISTS FOR (n:Case) ON (n.started_by);
DROP INDEX task_of_role IF EXISTS;
