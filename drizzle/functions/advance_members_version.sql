-- If a member is removed, even by another program, makes this service check the readers of the log again.
CREATE OR REPLACE FUNCTION advance_members_version(channel integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO conversations ("channelId", "membersVersion") SELECT c.id, 1 FROM channels c WHERE c.id = channel
  ON CONFLICT ("channelId") DO UPDATE SET "membersVersion" = conversations."membersVersion" + 1
$$;
