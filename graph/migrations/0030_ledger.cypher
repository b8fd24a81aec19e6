// What each target was last given, object by object (exporters/ledger.py).
CREATE CONSTRAINT ledger_id IF NOT EXISTS FOR (n:Ledger) REQUIRE n.target IS UNIQUE;
CREATE CONSTRAINT ledger_entry_id IF NOT EXISTS FOR (n:LedgerEntry) REQUIRE n.id IS UNIQUE;
CREATE INDEX ledger_entry_object IF NOT EXISTS FOR (n:LedgerEntry) ON (n.target, n.object);
CREATE INDEX ledger_entry_state IF NOT EXISTS FOR (n:LedgerEntry) ON (n.state);
