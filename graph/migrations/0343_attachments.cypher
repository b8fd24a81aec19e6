// Files that are attached to cases, by their ids; and those that wait for the scanner.
CREATE CONSTRAINT attachment_id IF NOT EXISTS FOR (n:Attachment) REQUIRE n.id IS UNIQUE;
CREATE INDEX attachment_to_scan IF NOT EXISTS FOR (n:Attachment) ON (n.next_scan);
