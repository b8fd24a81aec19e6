// Principal names in any case of letters, found by an index (graph/collation.py: folded).
MATCH (a:Account)
WHERE a.principal_name IS NOT NULL
SET a.principal_key = toLower(trim(a.principal_name));
CREATE INDEX account_principal_key IF NOT EXISTS FOR (n:Account) ON (n.principal_key);
DROP INDEX account_principal_name IF EXISTS;
