// The further sources: directories, schools, KLE releases, the position list.
CREATE CONSTRAINT kle_facet_category_uuid IF NOT EXISTS FOR (n:KleFacetCategory) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT kle_facet_uuid IF NOT EXISTS FOR (n:KleFacet) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT position_category_uuid IF NOT EXISTS FOR (n:PositionCategory) REQUIRE n.uuid IS UNIQUE;
CREATE CONSTRAINT position_category_code IF NOT EXISTS FOR (n:PositionCategory) REQUIRE n.code IS UNIQUE;
CREATE CONSTRAINT directory_group_uuid IF NOT EXISTS FOR (n:DirectoryGroup) REQUIRE n.uuid IS UNIQUE;

// KL uses an ended number again for something else: only one holder at a time, several over the years (kle.md §6.2).
DROP CONSTRAINT kle_node_number IF EXISTS;
CREATE INDEX kle_node_number_lookup IF NOT EXISTS FOR (n:KleNode) ON (n.number);
CREATE INDEX kle_facet_category_number IF NOT EXISTS FOR (n:KleFacetCategory) ON (n.number);
CREATE INDEX kle_facet_number IF NOT EXISTS FOR (n:KleFacet) ON (n.number);

CREATE INDEX account_login IF NOT EXISTS FOR (n:Account) ON (n.login);
CREATE INDEX unit_institution_number IF NOT EXISTS FOR (n:Unit) ON (n.institution_number);

CREATE INDEX replaced_by_from IF NOT EXISTS FOR ()-[r:REPLACED_BY]-() ON (r.from);
CREATE INDEX replaced_by_to IF NOT EXISTS FOR ()-[r:REPLACED_BY]-() ON (r.to);
CREATE INDEX used_for_from IF NOT EXISTS FOR ()-[r:USED_FOR]-() ON (r.from);
CREATE INDEX used_for_to IF NOT EXISTS FOR ()-[r:USED_FOR]-() ON (r.to);
