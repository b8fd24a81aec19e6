// Attempts at passwords, by account and network; logouts under way; user names in any case of letters, by an index.
CREATE CONSTRAINT login_logout_hash IF NOT EXISTS FOR (n:LoginLogout) REQUIRE n.hash IS UNIQUE;
CREATE CONSTRAINT told_logout_key IF NOT EXISTS FOR (n:ToldLogout) REQUIRE n.key IS UNIQUE;
CREATE INDEX told_logout_logout IF NOT EXISTS FOR (n:ToldLogout) ON (n.logout);
CREATE CONSTRAINT login_attempts_key IF NOT EXISTS FOR (n:LoginAttempts) REQUIRE n.key IS UNIQUE;
CREATE INDEX login_attempts_account IF NOT EXISTS FOR (n:LoginAttempts) ON (n.account);
CREATE INDEX known_device_account IF NOT EXISTS FOR (n:KnownDevice) ON (n.account);
CREATE INDEX planned_account_sort_key IF NOT EXISTS FOR (n:PlannedAccount) ON (n.sort_key, n.uuid);
