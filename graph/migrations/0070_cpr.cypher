// Numbers that persons had before, and who was looked up in the CPR register.
CREATE CONSTRAINT former_cpr_hash IF NOT EXISTS FOR (n:FormerCpr) REQUIRE n.hash IS UNIQUE;
CREATE CONSTRAINT cpr_lookup_id IF NOT EXISTS FOR (n:CprLookup) REQUIRE n.id IS UNIQUE;
CREATE INDEX cpr_lookup_person IF NOT EXISTS FOR (n:CprLookup) ON (n.person);
