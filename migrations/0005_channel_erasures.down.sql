-- What waited to be erased is kept.
DROP TABLE IF EXISTS channel_erasures;
