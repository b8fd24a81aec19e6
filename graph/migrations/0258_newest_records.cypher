// Lists of records have the newest first.
CREATE INDEX run_started IF NOT EXISTS FOR (n:Run) ON (n.started);
CREATE INDEX bad_record_learnt IF NOT EXISTS FOR (n:BadRecord) ON (n.learnt);
CREATE INDEX brake_learnt IF NOT EXISTS FOR (n:Brake) ON (n.learnt);
CREATE INDEX ambiguity_learnt IF NOT EXISTS FOR (n:Ambiguity) ON (n.learnt);
CREATE INDEX match_decision_at IF NOT EXISTS FOR (n:MatchDecision) ON (n.at);
CREATE INDEX cpr_lookup_at IF NOT EXISTS FOR (n:CprLookup) ON (n.at);
