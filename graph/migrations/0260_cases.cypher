// Cases of processes, their tasks, and the versions of definitions that they run on.
CREATE CONSTRAINT process IF NOT EXISTS FOR (n:Process) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT process_version IF NOT EXISTS FOR (n:ProcessVersion) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT process_case IF NOT EXISTS FOR (n:Case) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT task IF NOT EXISTS FOR (n:Task) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT delegation IF NOT EXISTS FOR (n:Delegation) REQUIRE n.id IS UNIQUE;
CREATE INDEX case_due IF NOT EXISTS FOR (n:Case) ON (n.due);
CREATE INDEX case_person IF NOT EXISTS FOR (n:Case) ON (n.person);
CREATE INDEX task_of_role IF NOT EXISTS FOR (n:Task) ON (n.state, n.role);
CREATE INDEX task_claim IF NOT EXISTS FOR (n:Task) ON (n.claimed_by);
CREATE INDEX delegation_process IF NOT EXISTS FOR (n:Delegation) ON (n.process);
