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
$$;
--> statement-breakpoint
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
