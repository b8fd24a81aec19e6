// Cases that ended long ago are deleted.
CREATE INDEX case_ended IF NOT EXISTS FOR (n:Case) ON (n.ended);
