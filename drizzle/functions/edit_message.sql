-- What an edit makes of a message: the fields that are given are replaced, and metadata is merged. Metadata alone leaves
-- "updatedAt", and if it is the same as before, nothing is to be done.
CREATE OR REPLACE FUNCTION edit_message(
  INOUT message chats, given jsonb, stamp timestamp, OUT outcome text, OUT detail jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := message.metadata;
BEGIN
  outcome := 'changed';
  IF given->'metadata' IS NOT NULL THEN
    message.metadata := nullif(merge_patch(before, given->'metadata'), 'null');
    IF json_bytes(message.metadata) > 4096 THEN
      message.metadata := before;
      outcome := 'VALIDATION_FAILED';
      detail := '[{"path": "metadata", "message": "must have at most 4096 bytes as JSON, merged with what is there"}]';
      RETURN;
    END IF;
  END IF;
  IF given - 'metadata' <> '{}' THEN
    message := jsonb_populate_record(message, given - 'metadata');
    message."updatedAt" := stamp;
  ELSIF message.metadata IS NOT DISTINCT FROM before THEN
    outcome := 'unchanged';
  END IF;
END
$$;
