DROP FUNCTION IF EXISTS mark_seats(integer[],integer[],integer[],integer[],text[],boolean);
