// Passkeys of local accounts.
CREATE CONSTRAINT passkey_id IF NOT EXISTS FOR (n:Passkey) REQUIRE n.id IS UNIQUE;
CREATE INDEX passkey_account IF NOT EXISTS FOR (n:Passkey) ON (n.account);
