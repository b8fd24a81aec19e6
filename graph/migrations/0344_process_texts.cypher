// An installation's own texts of its processes, and the letters that cases have made.
CREATE CONSTRAINT process_text IF NOT EXISTS FOR (n:ProcessText) REQUIRE n.id IS UNIQUE;
CREATE INDEX process_text_process IF NOT EXISTS FOR (n:ProcessText) ON (n.process);
CREATE CONSTRAINT letter IF NOT EXISTS FOR (n:Letter) REQUIRE n.id IS UNIQUE;
