// Accounts for the day on which no other login works.
CREATE CONSTRAINT break_glass_name IF NOT EXISTS FOR (n:BreakGlass) REQUIRE n.name IS UNIQUE;
CREATE INDEX break_glass_hash IF NOT EXISTS FOR (n:BreakGlass) ON (n.hash);
