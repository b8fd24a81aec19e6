// A login asks whether the units that it would send are delivered, without reading the whole ledger.
CREATE INDEX ledger_entry_key IF NOT EXISTS FOR (n:LedgerEntry) ON (n.key, n.target);
