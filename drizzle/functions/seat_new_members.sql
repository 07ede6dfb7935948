-- Whoever becomes a member of a channel has read it up to its head, also if another program adds the member. A new
-- channel's head is 0.
CREATE OR REPLACE FUNCTION seat_new_members() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  INSERT INTO conversations ("channelId")
  SELECT DISTINCT a."channelId" FROM added a
  WHERE NOT EXISTS (SELECT FROM conversations c WHERE c."channelId" = a."channelId")
  ORDER BY 1 ON CONFLICT DO NOTHING;

  INSERT INTO seats ("userId", "conversationId", "readSeq", "seenSeq")
  SELECT DISTINCT a."userId", c.id, c."lastSeq", c."lastSeq" FROM added a
  JOIN conversations c ON c."channelId" = a."channelId"
  ORDER BY 1, 2
  ON CONFLICT ("userId", "conversationId") DO UPDATE SET "readSeq" = excluded."readSeq",
    "seenSeq" = greatest(seats."seenSeq", excluded."seenSeq"), "endedAt" = NULL, "endedBy" = NULL;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS seat_new_members ON channel_members;--> statement-breakpoint
CREATE TRIGGER seat_new_members AFTER INSERT ON channel_members REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION seat_new_members();
