// A case that another system has started is found by the key of that call.
CREATE INDEX case_start_key IF NOT EXISTS FOR (n:Case) ON (n.start_key);
