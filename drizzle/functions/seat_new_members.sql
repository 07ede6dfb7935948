-- Whoever becomes a member of a channel has read it up to its head, also if another program adds the member. A new
-- channel's head is 0. The account log says that there is a new entry.
CREATE OR REPLACE FUNCTION seat_new_members() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  people integer[];
  logs integer[];
BEGIN
  INSERT INTO conversations ("channelId")
  SELECT DISTINCT a."channelId" FROM added a
  WHERE NOT EXISTS (SELECT FROM conversations c WHERE c."channelId" = a."channelId")
  ORDER BY 1 ON CONFLICT DO NOTHING;

  SELECT array_agg(p.person ORDER BY p.person, p.log), array_agg(p.log ORDER BY p.person, p.log) INTO people, logs
  FROM (SELECT DISTINCT a."userId" AS person, c.id AS log FROM added a JOIN conversations c ON c."channelId" = a."channelId") p;

  INSERT INTO seats ("userId", "conversationId", "accountSeq", "readSeq", "seenSeq")
  SELECT p.person, p.log, coalesce(p.number, 0), c."lastSeq", c."lastSeq"
  FROM unnest(people, logs, take_account_numbers(people)) p(person, log, number) JOIN conversations c ON c.id = p.log
  ORDER BY 1, 2
  ON CONFLICT ("userId", "conversationId") DO UPDATE
  SET "accountSeq" = excluded."accountSeq", "readSeq" = excluded."readSeq",
    "seenSeq" = greatest(seats."seenSeq", excluded."seenSeq"), "endedAt" = NULL, "endedBy" = NULL;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS seat_new_members ON channel_members;--> statement-breakpoint
CREATE TRIGGER seat_new_members AFTER INSERT ON channel_members REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION seat_new_members();
