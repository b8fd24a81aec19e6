// OAuth 2 clients of the API.
CREATE CONSTRAINT oauth_client_id IF NOT EXISTS FOR (n:OAuthClient) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT client_token_hash IF NOT EXISTS FOR (n:ClientToken) REQUIRE n.hash IS UNIQUE;
CREATE INDEX client_token_client IF NOT EXISTS FOR (n:ClientToken) ON (n.client);
