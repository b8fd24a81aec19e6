// What cases do by themselves: found when it is due.
CREATE CONSTRAINT service_task IF NOT EXISTS FOR (n:ServiceTask) REQUIRE n.id IS UNIQUE;
CREATE INDEX service_task_due IF NOT EXISTS FOR (n:ServiceTask) ON (n.state, n.next);
