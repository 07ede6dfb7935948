-- When users were seen last is lost.
DROP TABLE IF EXISTS last_seen;
