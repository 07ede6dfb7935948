-- The next run of the migration makes another id: nodes of both versions then hear each other by the database alone.
DROP TABLE IF EXISTS deployment;
