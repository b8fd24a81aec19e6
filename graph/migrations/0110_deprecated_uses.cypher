// Who still asks the API for fields that will go: one node a token and field.
CREATE CONSTRAINT deprecated_use IF NOT EXISTS FOR (n:DeprecatedUse) REQUIRE (n.token, n.field) IS UNIQUE;
