-- Inserts, updates and deletes in a file, with indices, triggers and a journal; then all is checked.
-- A journal beside the database has a number for a name, which is drawn, and is not always as long.
.testctrl prng_seed 1
PRAGMA page_size = 1024;
PRAGMA cache_size = 100;
PRAGMA synchronous = OFF;
CREATE TABLE item(id INTEGER PRIMARY KEY, code TEXT UNIQUE, amount INTEGER, note TEXT);
CREATE TABLE log(item INTEGER, change INTEGER);
CREATE INDEX item_amount ON item(amount);
CREATE TRIGGER logged AFTER UPDATE OF amount ON item BEGIN
  INSERT INTO log VALUES (new.id, new.amount - old.amount);
END;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO item SELECT i, printf('%08x', i * 2654435761 % 4294967296), i * 31 % 1009, hex(zeroblob(i % 40)) FROM n;
COMMIT;
BEGIN;
UPDATE item SET amount = amount + id % 7 WHERE id % 3 = 0;
UPDATE item SET note = note || code WHERE amount BETWEEN 200 AND 500;
DELETE FROM item WHERE amount % 5 = 0;
COMMIT;
BEGIN;
UPDATE item SET amount = 0;
DELETE FROM item WHERE id > 100;
ROLLBACK;
INSERT INTO item(code, amount, note)
SELECT code || '+', -amount, substr(note, 1, 10) FROM item WHERE amount < 300 ORDER BY code;
REPLACE INTO item SELECT id, code, amount * 2, note FROM item WHERE id % 10 = 1;
DROP INDEX item_amount;
VACUUM;
SELECT count(*), sum(amount), sum(length(note)), min(code), max(code) FROM item;
SELECT count(*), sum(change), max(item) FROM log;
PRAGMA integrity_check;
