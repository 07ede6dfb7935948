-- The logs of a batch, one per draft. Null if the channel or the receiver does not exist.
CREATE OR REPLACE FUNCTION find_logs(senders integer[], channel_ids integer[], receivers integer[])
RETURNS integer[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(
    coalesce(
      (SELECT c.id FROM conversations c WHERE c."channelId" = d.channel),
      (SELECT c.id FROM conversations c WHERE d.receiver IS NOT NULL
        AND c."userLow" = least(d.sender, d.receiver) AND c."userHigh" = greatest(d.sender, d.receiver))
    ) ORDER BY d.ord
  )
  FROM unnest(senders, channel_ids, receivers) WITH ORDINALITY AS d(sender, channel, receiver, ord)
$$;
