-- Joins, aggregates, windows, recursion, text and JSON over tables in memory.
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, city INTEGER, born INTEGER, wage REAL);
CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT, people INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO city SELECT i, 'city ' || char(65 + i % 26) || i, i * 7919 % 100003 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO person
SELECT i, 'name' || (i * 31337 % 9973), 1 + i * 7 % 200, 1930 + i * 13 % 80, (i * 2654435761 % 100000) / 16.0
FROM n;
CREATE INDEX person_city ON person(city, born);
ANALYZE;

SELECT c.name, count(*), round(avg(p.wage), 3), max(p.born)
FROM person p JOIN city c ON c.id = p.city GROUP BY c.id ORDER BY 3 DESC, 1 LIMIT 10;
SELECT born / 10 * 10 AS decade, count(DISTINCT name), round(sum(wage), 2)
FROM person GROUP BY decade ORDER BY decade;
SELECT count(*) FROM person a JOIN person b ON a.city = b.city AND a.born = b.born AND a.id < b.id;
SELECT id, name, place FROM (
  SELECT id, name, rank() OVER (PARTITION BY city ORDER BY wage DESC, id) AS place FROM person
) WHERE place = 1 ORDER BY id LIMIT 10;
SELECT sum(total) FROM (
  SELECT sum(wage) OVER (ORDER BY id ROWS BETWEEN 20 PRECEDING AND CURRENT ROW) > 60000 AS total FROM person
);
SELECT count(*) FROM person WHERE name LIKE '%77%' OR name GLOB 'name1*3';
SELECT count(*), min(name), max(name) FROM person
WHERE city IN (SELECT id FROM city WHERE people % 3 = 0) AND born NOT BETWEEN 1950 AND 1970;
WITH RECURSIVE walk(id, steps, path) AS (
  SELECT 1, 0, '1'
  UNION ALL
  SELECT 1 + (id * 17 + steps) % 200, steps + 1, substr(path || '-' || id, -40) FROM walk WHERE steps < 3000
)
SELECT count(DISTINCT id), max(path) FROM walk;
SELECT sum(length(replace(upper(name), 'A', 'xyz'))), group_concat(substr(name, -2), '') FROM person WHERE id % 400 = 0;
SELECT sum(json_extract(object, '$.wage.amount')), count(json_extract(object, '$.tags[1]')) FROM (
  SELECT json_object('name', name, 'wage', json_object('amount', id % 97), 'tags', json_array(born, city)) AS object
  FROM person WHERE id % 8 = 0
);
