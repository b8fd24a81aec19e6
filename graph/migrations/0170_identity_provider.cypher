// The identity provider's own records. They are no part of the organisation: no kind of the model, no history.
CREATE CONSTRAINT local_credential_account IF NOT EXISTS FOR (n:LocalCredential) REQUIRE n.account IS UNIQUE;
CREATE CONSTRAINT login_session_hash IF NOT EXISTS FOR (n:LoginSession) REQUIRE n.hash IS UNIQUE;
CREATE CONSTRAINT login_flow_hash IF NOT EXISTS FOR (n:LoginFlow) REQUIRE n.hash IS UNIQUE;
CREATE CONSTRAINT used_message_key IF NOT EXISTS FOR (n:UsedMessage) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT idp_key_id IF NOT EXISTS FOR (n:IdpKey) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT known_device_hash IF NOT EXISTS FOR (n:KnownDevice) REQUIRE n.hash IS UNIQUE;
CREATE INDEX login_session_account IF NOT EXISTS FOR (n:LoginSession) ON (n.account);
CREATE INDEX planned_account_state_login IF NOT EXISTS FOR (n:PlannedAccountState) ON (n.login);
