-- Says in the account logs of these users that their parts in these logs of channels changed: they end for this reason,
-- or if it is null, go on. The two arrays have a place for each part, in the order of users and logs.
CREATE OR REPLACE FUNCTION change_seats(people integer[], logs integer[], reason text) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  IF coalesce(cardinality(people), 0) = 0 THEN RETURN; END IF;
  INSERT INTO seats ("userId", "conversationId", "accountSeq", "readSeq", "seenSeq", "endedAt", "endedBy")
  SELECT p.person, p.log, p.number, c."lastSeq", c."lastSeq",
    CASE WHEN reason IS NOT NULL THEN date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc') END, reason
  FROM unnest(people, logs, take_account_numbers(people)) p(person, log, number) JOIN conversations c ON c.id = p.log
  WHERE p.number IS NOT NULL ORDER BY 1, 2
  ON CONFLICT ("userId", "conversationId") DO UPDATE
  SET "accountSeq" = excluded."accountSeq", "endedAt" = excluded."endedAt", "endedBy" = excluded."endedBy";
END
$$;
--> statement-breakpoint
-- The owner of a channel is another: the roles of both have changed.
CREATE OR REPLACE FUNCTION note_owner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM change_seats(array_agg(p.person ORDER BY p.person), array_agg(p.log ORDER BY p.person), NULL)
  FROM (
    SELECT m."userId" AS person, c.id AS log FROM channel_members m JOIN conversations c ON c."channelId" = NEW.id
    WHERE m."channelId" = NEW.id AND m."userId" IN (OLD."ownerId", NEW."ownerId")
  ) p;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_owner_changed ON channels;--> statement-breakpoint
CREATE TRIGGER note_owner_changed AFTER UPDATE OF "ownerId" ON channels FOR EACH ROW
  WHEN (OLD."ownerId" <> NEW."ownerId" AND NEW."deletedAt" IS NULL) EXECUTE FUNCTION note_owner_changed();
