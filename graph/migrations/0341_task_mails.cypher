// Tasks of which somebody may still have to hear.
CREATE INDEX task_to_tell IF NOT EXISTS FOR (n:Task) ON (n.to_tell);
