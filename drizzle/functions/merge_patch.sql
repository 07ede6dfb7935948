-- Merges a patch into a JSON value by RFC 7396: null removes a field, objects are merged, all else replaces.
CREATE OR REPLACE FUNCTION merge_patch(target jsonb, patch jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  field text;
  value jsonb;
BEGIN
  IF jsonb_typeof(patch) <> 'object' THEN RETURN patch; END IF;
  IF jsonb_typeof(target) IS DISTINCT FROM 'object' THEN target := '{}'; END IF;
  FOR field, value IN SELECT p.key, p.value FROM jsonb_each(patch) p LOOP
    IF value = 'null' THEN target := target - field;
    ELSE target := target || jsonb_build_object(field, merge_patch(target->field, value));
    END IF;
  END LOOP;
  RETURN target;
END
$$;
--> statement-breakpoint
-- The size of a JSON value without the spaces that PostgreSQL writes.
CREATE OR REPLACE FUNCTION json_bytes(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT octet_length(regexp_replace(value::text, '("(?:[^"\\]|\\.)*")|\s', '\1', 'g'))
$$;
