// Accounts that exist only while another does: the day turn.
CREATE INDEX needs_from IF NOT EXISTS FOR ()-[r:NEEDS]-() ON (r.from);
CREATE INDEX needs_to IF NOT EXISTS FOR ()-[r:NEEDS]-() ON (r.to);
