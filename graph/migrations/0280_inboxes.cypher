// An inbox is found from the person: by role and unit, and who has something delegated or handed.
CREATE INDEX task_place IF NOT EXISTS FOR (n:Task) ON (n.state, n.role, n.unit);
CREATE INDEX task_fallback IF NOT EXISTS FOR (n:Task) ON (n.state, n.fallback_role, n.fallback_unit);
CREATE INDEX task_unit IF NOT EXISTS FOR (n:Task) ON (n.state, n.unit);
CREATE INDEX task_handed IF NOT EXISTS FOR (n:Task) ON (n.handed_to);
CREATE INDEX delegation_to IF NOT EXISTS FOR (n:Delegation) ON (n.to);
CREATE INDEX delegation_by IF NOT EXISTS FOR (n:Delegation) ON (n.by);
CREATE INDEX case_started IF NOT EXISTS FOR (n:Case) ON (n.started);
