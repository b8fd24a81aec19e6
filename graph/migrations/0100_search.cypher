// One box over units, people, positions, KLE and IT systems (graph/questions/search.py). Of the states, so that every
// day can be searched. No private value is in it: a test compares it with the model.
CREATE FULLTEXT INDEX search IF NOT EXISTS
FOR (n:UnitState|PersonState|EmploymentState|AccountState|PositionState|KleNodeState|ItSystemState)
ON EACH [n.name, n.short_name, n.number, n.title, n.code, n.key, n.login, n.email, n.work_email, n.phone, n.work_phone, n.mobile]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-folding'}};
