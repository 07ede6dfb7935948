-- Creates the logs that a batch needs and that do not exist yet.
CREATE OR REPLACE FUNCTION create_logs(senders integer[], channel_ids integer[], receivers integer[])
RETURNS void LANGUAGE sql AS $$
  INSERT INTO conversations ("channelId")
  SELECT DISTINCT c.id FROM unnest(channel_ids) AS d(channel) JOIN channels c ON c.id = d.channel ORDER BY c.id
  ON CONFLICT DO NOTHING;

  INSERT INTO conversations ("userLow", "userHigh")
  SELECT DISTINCT least(s.id, r.id) AS low, greatest(s.id, r.id) AS high
  FROM unnest(senders, receivers) AS d(sender, receiver)
  JOIN users s ON s.id = d.sender JOIN users r ON r.id = d.receiver
  ORDER BY low, high
  ON CONFLICT DO NOTHING;
$$;
