-- Members are gone, by whatever program: their parts end. Runs after note_member_gone, which takes the channel's lock.
-- Whoever knows a better reason says so afterwards, in the same transaction.
CREATE OR REPLACE FUNCTION end_seats() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  -- Not of users or channels that are being deleted themselves.
  PERFORM change_seats(array_agg(p.person ORDER BY p.person, p.log), array_agg(p.log ORDER BY p.person, p.log), 'removed')
  FROM (
    SELECT DISTINCT u.id AS person, c.id AS log FROM gone g JOIN users u ON u.id = g."userId"
    JOIN channels ch ON ch.id = g."channelId" AND ch."deletedAt" IS NULL JOIN conversations c ON c."channelId" = ch.id
  ) p;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS end_seats ON channel_members;--> statement-breakpoint
CREATE TRIGGER end_seats AFTER DELETE ON channel_members REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION end_seats();
