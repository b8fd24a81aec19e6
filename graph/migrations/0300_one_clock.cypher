// Two processes that met an empty graph could each make a clock: one stays, that of the last day that was turned.
MATCH (c:Clock)
WITH c
ORDER BY c.today DESC
WITH collect(c) AS clocks
FOREACH (other IN tail(clocks) | DETACH DELETE other)
WITH head(clocks) AS clock
WHERE clock IS NOT NULL
SET clock.name = "today";
MERGE (c:Clock {name: "today"}) ON CREATE SET c.today = date(datetime({timezone: "Europe/Copenhagen"}));
CREATE CONSTRAINT clock_name IF NOT EXISTS FOR (c:Clock) REQUIRE c.name IS UNIQUE;

// Of the metadata of applications, which several processes read, there could be two as well; it is read again.
MATCH (m:ProviderMetadata)
WITH m.name AS name, collect(m) AS kept
FOREACH (other IN tail(kept) | DETACH DELETE other);
CREATE CONSTRAINT provider_metadata_name IF NOT EXISTS FOR (m:ProviderMetadata) REQUIRE m.name IS UNIQUE;
