// Keys of the machines that ask for claims at a login.
CREATE CONSTRAINT farm_key_hash IF NOT EXISTS FOR (n:FarmKey) REQUIRE n.hash IS UNIQUE;
CREATE CONSTRAINT farm_key_id IF NOT EXISTS FOR (n:FarmKey) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT claims_farm_name IF NOT EXISTS FOR (n:ClaimsFarm) REQUIRE n.name IS UNIQUE;
CREATE INDEX account_principal_name IF NOT EXISTS FOR (n:Account) ON (n.principal_name);
