-- For training: what a shop's table is asked, in a file, with views, triggers and dates.
-- A journal beside the database has a number for a name, which is drawn, and is not always as long.
.testctrl prng_seed 1
PRAGMA journal_mode = MEMORY;
CREATE TABLE product(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER CHECK (price >= 0), stock INTEGER);
CREATE TABLE sale(id INTEGER PRIMARY KEY, product INTEGER REFERENCES product, amount INTEGER, day TEXT);
CREATE TRIGGER sold AFTER INSERT ON sale BEGIN
  UPDATE product SET stock = stock - new.amount WHERE id = new.product;
END;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
INSERT INTO product SELECT i, printf('%s %04x', substr('treecarshoeboxlamp', 1 + i % 15, 4), i * 977), i * 37 % 500, 9999 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO sale SELECT i, 1 + i * 31 % 1500, 1 + i % 7, date('2020-01-01', '+' || (i * 13 % 900) || ' days') FROM n;
COMMIT;
CREATE INDEX sale_day ON sale(day);
CREATE VIEW income AS
SELECT substr(s.day, 1, 7) AS month, p.name AS name, sum(s.amount * p.price) AS total
FROM sale s, product p WHERE p.id = s.product GROUP BY 1, 2;
SELECT month, sum(total) FROM income GROUP BY month ORDER BY 2 DESC LIMIT 6;
SELECT name, total FROM income WHERE month = '2021-03' ORDER BY total DESC, name LIMIT 5;
SELECT CASE WHEN price < 100 THEN 'low' WHEN price < 300 THEN 'middle' ELSE 'high' END AS band, count(*), min(stock)
FROM product GROUP BY band HAVING count(*) > 1;
SELECT strftime('%w', day) AS weekday, total(amount) FROM sale GROUP BY weekday;
SELECT group_concat(name, '; ') FROM (SELECT DISTINCT substr(name, 1, 4) AS name FROM product ORDER BY 1);
SELECT p.id, (SELECT max(day) FROM sale WHERE product = p.id) AS latest FROM product p WHERE p.id < 12 ORDER BY 2 DESC, 1 LIMIT 4;
SELECT upper(replace(trim(name, 'e '), 'o', '0')) FROM product WHERE length(name) % 3 = 0 AND name > 'l' ORDER BY name LIMIT 3;
SELECT product FROM sale WHERE day < '2020-02-01' EXCEPT SELECT product FROM sale WHERE amount > 3 ORDER BY 1 LIMIT 5;
DELETE FROM sale WHERE id % 5 = 0;
UPDATE product SET price = price + 10 WHERE id IN (SELECT product FROM sale GROUP BY product HAVING count(*) > 8);
SELECT count(*), sum(price), sum(stock) FROM product;
PRAGMA integrity_check;
