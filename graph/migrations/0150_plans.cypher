// Plans: named sets of changes with a date, and what applied ones have done.
CREATE CONSTRAINT plan IF NOT EXISTS FOR (n:Plan) REQUIRE n.id IS UNIQUE;
CREATE INDEX plan_name IF NOT EXISTS FOR (n:Plan) ON (n.name);
