// Planned accounts: identity of their kinds.
CREATE CONSTRAINT name_policy_uuid IF NOT EXISTS FOR (n:NamePolicy) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT name_policy_key IF NOT EXISTS FOR (n:NamePolicy) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT account_rule_uuid IF NOT EXISTS FOR (n:AccountRule) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT account_rule_key IF NOT EXISTS FOR (n:AccountRule) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT planned_account_uuid IF NOT EXISTS FOR (n:PlannedAccount) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT planned_account_key IF NOT EXISTS FOR (n:PlannedAccount) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT account_exception_uuid IF NOT EXISTS FOR (n:AccountException) REQUIRE n.uuid IS UNIQUE;

// What starts or ends on a day: the day turn.
CREATE INDEX given_by_from IF NOT EXISTS FOR ()-[r:GIVEN_BY]-() ON (r.from);
CREATE INDEX given_by_to IF NOT EXISTS FOR ()-[r:GIVEN_BY]-() ON (r.to);
CREATE INDEX named_by_from IF NOT EXISTS FOR ()-[r:NAMED_BY]-() ON (r.from);
CREATE INDEX named_by_to IF NOT EXISTS FOR ()-[r:NAMED_BY]-() ON (r.to);
CREATE INDEX realised_by_from IF NOT EXISTS FOR ()-[r:REALISED_BY]-() ON (r.from);
CREATE INDEX realised_by_to IF NOT EXISTS FOR ()-[r:REALISED_BY]-() ON (r.to);
CREATE INDEX rules_in_from IF NOT EXISTS FOR ()-[r:RULES_IN]-() ON (r.from);
CREATE INDEX rules_in_to IF NOT EXISTS FOR ()-[r:RULES_IN]-() ON (r.to);
CREATE INDEX used_as_from IF NOT EXISTS FOR ()-[r:USED_AS]-() ON (r.from);
CREATE INDEX used_as_to IF NOT EXISTS FOR ()-[r:USED_AS]-() ON (r.to);
