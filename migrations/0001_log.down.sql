DROP TRIGGER IF EXISTS note_channel_gone ON channels;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_member_gone ON channel_members;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_update ON chats;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_insert ON chats;--> statement-breakpoint
DROP FUNCTION IF EXISTS note_channel_gone();--> statement-breakpoint
DROP FUNCTION IF EXISTS note_member_gone();--> statement-breakpoint
DROP FUNCTION IF EXISTS number_foreign_update();--> statement-breakpoint
DROP FUNCTION IF EXISTS number_foreign_insert();--> statement-breakpoint
DROP FUNCTION IF EXISTS advance_members_version(integer);--> statement-breakpoint
DROP FUNCTION IF EXISTS take_number(integer);--> statement-breakpoint
DROP FUNCTION IF EXISTS change_message(integer, integer, text);--> statement-breakpoint
DROP FUNCTION IF EXISTS append_messages(integer[], integer[], integer[], text[], text[], text[], text[]);--> statement-breakpoint
DROP FUNCTION IF EXISTS create_logs(integer[], integer[], integer[]);--> statement-breakpoint
DROP FUNCTION IF EXISTS find_logs(integer[], integer[], integer[]);
