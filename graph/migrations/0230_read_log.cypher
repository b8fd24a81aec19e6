// Who has seen whose personal data.
CREATE INDEX person_read_at IF NOT EXISTS FOR (n:PersonRead) ON (n.at);
