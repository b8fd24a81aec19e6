// Lists by name in the Danish order (graph/collation.py); the keys are filled in by graph/migrations/sort_keys.py.
CREATE INDEX unit_sort_key IF NOT EXISTS FOR (n:Unit) ON (n.sort_key, n.uuid);
CREATE INDEX person_sort_key IF NOT EXISTS FOR (n:Person) ON (n.sort_key, n.uuid);
CREATE INDEX employment_sort_key IF NOT EXISTS FOR (n:Employment) ON (n.sort_key, n.uuid);
CREATE INDEX account_sort_key IF NOT EXISTS FOR (n:Account) ON (n.sort_key, n.uuid);
CREATE INDEX position_sort_key IF NOT EXISTS FOR (n:Position) ON (n.sort_key, n.uuid);
CREATE INDEX kle_node_sort_key IF NOT EXISTS FOR (n:KleNode) ON (n.sort_key, n.uuid);
// The units that have none above them today: where the tree begins.
CREATE INDEX unit_top IF NOT EXISTS FOR (n:Unit) ON (n.top);
