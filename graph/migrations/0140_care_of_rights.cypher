// Care of rights: identity of its kinds.
CREATE CONSTRAINT rights_conflict_uuid IF NOT EXISTS FOR (n:RightsConflict) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT rights_conflict_key IF NOT EXISTS FOR (n:RightsConflict) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT rights_request_uuid IF NOT EXISTS FOR (n:RightsRequest) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT attestation_uuid IF NOT EXISTS FOR (n:Attestation) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT manual_step_uuid IF NOT EXISTS FOR (n:ManualStep) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT manual_step_key IF NOT EXISTS FOR (n:ManualStep) REQUIRE n.key IS UNIQUE;

// What starts or ends on a day: the day turn.
CREATE INDEX attests_from IF NOT EXISTS FOR ()-[r:ATTESTS]-() ON (r.from);
CREATE INDEX attests_to IF NOT EXISTS FOR ()-[r:ATTESTS]-() ON (r.to);
CREATE INDEX attests_request_from IF NOT EXISTS FOR ()-[r:ATTESTS_REQUEST]-() ON (r.from);
CREATE INDEX attests_request_to IF NOT EXISTS FOR ()-[r:ATTESTS_REQUEST]-() ON (r.to);
CREATE INDEX decided_by_from IF NOT EXISTS FOR ()-[r:DECIDED_BY]-() ON (r.from);
CREATE INDEX decided_by_to IF NOT EXISTS FOR ()-[r:DECIDED_BY]-() ON (r.to);
CREATE INDEX done_by_from IF NOT EXISTS FOR ()-[r:DONE_BY]-() ON (r.from);
CREATE INDEX done_by_to IF NOT EXISTS FOR ()-[r:DONE_BY]-() ON (r.to);
CREATE INDEX excepted_from_from IF NOT EXISTS FOR ()-[r:EXCEPTED_FROM]-() ON (r.from);
CREATE INDEX excepted_from_to IF NOT EXISTS FOR ()-[r:EXCEPTED_FROM]-() ON (r.to);
CREATE INDEX first_of_two_from IF NOT EXISTS FOR ()-[r:FIRST_OF_TWO]-() ON (r.from);
CREATE INDEX first_of_two_to IF NOT EXISTS FOR ()-[r:FIRST_OF_TWO]-() ON (r.to);
CREATE INDEX of_person_from IF NOT EXISTS FOR ()-[r:OF_PERSON]-() ON (r.from);
CREATE INDEX of_person_to IF NOT EXISTS FOR ()-[r:OF_PERSON]-() ON (r.to);
CREATE INDEX requested_by_from IF NOT EXISTS FOR ()-[r:REQUESTED_BY]-() ON (r.from);
CREATE INDEX requested_by_to IF NOT EXISTS FOR ()-[r:REQUESTED_BY]-() ON (r.to);
CREATE INDEX second_of_two_from IF NOT EXISTS FOR ()-[r:SECOND_OF_TWO]-() ON (r.from);
CREATE INDEX second_of_two_to IF NOT EXISTS FOR ()-[r:SECOND_OF_TWO]-() ON (r.to);
CREATE INDEX step_for_from IF NOT EXISTS FOR ()-[r:STEP_FOR]-() ON (r.from);
CREATE INDEX step_for_to IF NOT EXISTS FOR ()-[r:STEP_FOR]-() ON (r.to);
