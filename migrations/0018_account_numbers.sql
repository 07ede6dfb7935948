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
$$;--> statement-breakpoint
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
  WHEN (OLD."ownerId" <> NEW."ownerId" AND NEW."deletedAt" IS NULL) EXECUTE FUNCTION note_owner_changed();--> statement-breakpoint
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
  FOR EACH STATEMENT EXECUTE FUNCTION end_seats();--> statement-breakpoint
-- What users see of their own account has changed: it is an object of the account log.
CREATE OR REPLACE FUNCTION note_account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  numbers integer[] := take_account_numbers(ARRAY[NEW.id]);
BEGIN
  UPDATE conversations SET "recordSeq" = numbers[1] WHERE "accountId" = NEW.id;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_account_changed ON users;--> statement-breakpoint
CREATE TRIGGER note_account_changed AFTER UPDATE OF username, email, avatar, settings ON users FOR EACH ROW
  WHEN (NEW."deletedAt" IS NULL
    AND (OLD.username, OLD.email, OLD.avatar, OLD.settings) IS DISTINCT FROM (NEW.username, NEW.email, NEW.avatar, NEW.settings))
  EXECUTE FUNCTION note_account_changed();--> statement-breakpoint
-- A channel is deleted: see advance_members_version. The parts of its members end.
CREATE OR REPLACE FUNCTION note_channel_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM advance_members_version(NEW.id);
  PERFORM change_seats(array_agg(m."userId" ORDER BY m."userId"), array_agg(c.id), 'deleted')
  FROM channel_members m JOIN conversations c ON c."channelId" = m."channelId" WHERE m."channelId" = NEW.id;
  RETURN NULL;
END
$$;--> statement-breakpoint
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
-- Locks the logs of these accounts in the order of their ids, and creates those that do not exist yet. The caller may
-- hold locks of conversations' logs, but none of a seat.
CREATE OR REPLACE FUNCTION lock_accounts(user_ids integer[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  INSERT INTO conversations ("accountId")
  SELECT u.id FROM (SELECT DISTINCT w.id FROM unnest(user_ids) w(id)) w JOIN users u ON u.id = w.id
  WHERE NOT EXISTS (SELECT FROM conversations c WHERE c."accountId" = u.id)
  ORDER BY u.id ON CONFLICT DO NOTHING;

  PERFORM 1 FROM (SELECT c.id FROM conversations c WHERE c."accountId" = ANY(user_ids) ORDER BY c.id) l,
    LATERAL (SELECT 1 FROM conversations c WHERE c.id = l.id FOR NO KEY UPDATE) c;
END
$$;--> statement-breakpoint
-- The next number of the account log of each of these users, in their order. Who is named several times gets several.
-- Null for who does not exist.
CREATE OR REPLACE FUNCTION take_account_numbers(user_ids integer[]) RETURNS integer[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  PERFORM lock_accounts(user_ids);
  UPDATE conversations c SET "lastSeq" = c."lastSeq" + n.many, "lastEventAt" = clock_timestamp() AT TIME ZONE 'utc'
  FROM (SELECT w.id, count(*)::integer AS many FROM unnest(user_ids) w(id) GROUP BY w.id) n
  WHERE c."accountId" = n.id;
  RETURN (
    SELECT array_agg(c."lastSeq" - w.after ORDER BY w.ord)
    FROM (
      SELECT n.id, n.ord, (row_number() OVER (PARTITION BY n.id ORDER BY n.ord DESC))::integer - 1 AS after
      FROM unnest(user_ids) WITH ORDINALITY n(id, ord)
    ) w
    LEFT JOIN conversations c ON c."accountId" = w.id
  );
END
$$;
