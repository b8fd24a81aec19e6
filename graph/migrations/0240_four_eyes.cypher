// Requests that wait for a second person.
CREATE CONSTRAINT first_request_key IF NOT EXISTS FOR (n:FirstRequest) REQUIRE n.key IS UNIQUE;
