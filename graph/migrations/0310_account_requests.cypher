// Identity of requests for accounts, and what starts or ends on a day.
CREATE CONSTRAINT account_request_uuid IF NOT EXISTS FOR (n:AccountRequest) REQUIRE n.uuid IS UNIQUE;
CREATE INDEX given_on_from IF NOT EXISTS FOR ()-[r:GIVEN_ON]-() ON (r.from);
CREATE INDEX given_on_to IF NOT EXISTS FOR ()-[r:GIVEN_ON]-() ON (r.to);
