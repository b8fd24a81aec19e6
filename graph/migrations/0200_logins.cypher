// Logins to REConnect itself.
CREATE CONSTRAINT saml_login_hash IF NOT EXISTS FOR (n:SamlLogin) REQUIRE n.hash IS UNIQUE;
CREATE INDEX saml_login_ticket IF NOT EXISTS FOR (n:SamlLogin) ON (n.ticket);
CREATE INDEX login_session_index IF NOT EXISTS FOR (n:LoginSession) ON (n.index);
CREATE INDEX login_session_person IF NOT EXISTS FOR (n:LoginSession) ON (n.person);
