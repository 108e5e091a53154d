SET NAMES utf8mb4;
CREATE TABLE customers (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  mail VARCHAR(190) NOT NULL UNIQUE,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  legacy VARCHAR(50) CHARACTER SET latin1,
  name_length INT AS (CHAR_LENGTH(name)) PERSISTENT,
  name_upper VARCHAR(200) AS (UPPER(name)) VIRTUAL,
  details JSON,
  labels SET('a', 'b', 'it''s', '완료'),
  state ENUM('new', 'paid', 'é') NOT NULL DEFAULT 'new',
  flags BIT(12) NOT NULL DEFAULT b'101',
  price DECIMAL(20, 6),
  ratio DOUBLE,
  at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  local DATETIME(3),
  took TIME(2),
  born YEAR,
  scan LONGBLOB,
  place POINT,
  ip INET6,
  KEY (name(10)),
  FULLTEXT (mail)
) AUTO_INCREMENT = 5000 COMMENT 'with ''quotes'' and \\ 😀';
SET time_zone = '+09:00';
INSERT INTO customers (mail, name, legacy, details, labels, state, flags, price, ratio, at, local, took, born, scan, place, ip)
  SELECT CONCAT('customer', seq, '@example.org'),
    CONCAT(ELT(1 + seq % 6, 'Ann', '김서윤', 'tab\there', 'line\nbreak \\. \0 end', '😀𝒳𠮷', 'NULL'), ' ', seq),
    CONVERT('Grüße' USING latin1), JSON_OBJECT('n', seq, 'text', '"\\ 😀'), ELT(1 + seq % 3, 'a', 'a,b', '완료'),
    ELT(1 + seq % 3, 'new', 'paid', 'é'), seq % 4096, seq / 7, 1 / (seq + 1),
    TIMESTAMPADD(MINUTE, seq * 433, '2025-01-01 00:00:00.123456'), '2025-03-30 02:30:00.5', '-838:59:59', 1901 + seq % 200,
    CONCAT(UNHEX(REPEAT(MD5(seq), 20)), UNHEX('00FF0A0D275C1A')), POINT(seq, -seq), CONCAT('2001:db8::', HEX(seq))
  FROM seq_1_to_800;

CREATE TABLE orders (
  id INT AUTO_INCREMENT PRIMARY KEY,
  customer BIGINT UNSIGNED NOT NULL,
  total DECIMAL(10, 2) CHECK (total >= 0),
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE
);
INSERT INTO orders (customer, total) SELECT id, id % 100 + 0.5 FROM customers;

CREATE TABLE measured (at DATE NOT NULL, value INT) PARTITION BY RANGE (YEAR(at)) (
  PARTITION p2024 VALUES LESS THAN (2025), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO measured SELECT DATE_ADD('2024-10-01', INTERVAL seq DAY), seq FROM seq_1_to_200;
CREATE TABLE history (id INT PRIMARY KEY, name TEXT) WITH SYSTEM VERSIONING;
INSERT INTO history VALUES (1, 'a'), (2, 'b');
UPDATE history SET name = 'c' WHERE id = 1;
DELETE FROM history WHERE id = 2;
CREATE TABLE old_style (id INT PRIMARY KEY, name TEXT) ENGINE = MyISAM;
INSERT INTO old_style VALUES (1, 'x');
CREATE TABLE `odd ``table``, "with" spaces; -- ü` (`a column` INT, `select` TEXT, PRIMARY KEY (`a column`));
INSERT INTO `odd ``table``, "with" spaces; -- ü` VALUES (1, NULL), (2, '');
CREATE TABLE nothing_in_it (id INT);
CREATE SEQUENCE invoices START WITH 100 INCREMENT BY -3 MINVALUE -1000000 MAXVALUE 1000 CYCLE;
SELECT NEXT VALUE FOR invoices, NEXT VALUE FOR invoices;

CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what TEXT);
DELIMITER //
CREATE TRIGGER audited AFTER UPDATE ON customers FOR EACH ROW
BEGIN
  -- a comment; with a semicolon
  INSERT INTO audit (what) VALUES (CONCAT(OLD.name, ' → ', NEW.name, '\\! id'));
END //
CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC RETURN n * 2 //
CREATE DEFINER = 'app'@'%' PROCEDURE clean(IN days INT) SQL SECURITY DEFINER
BEGIN DELETE FROM audit WHERE id < days; END //
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO CALL clean(10) //
DELIMITER ;
UPDATE customers SET name = CONCAT(name, '!') WHERE id < 5100;
CREATE DEFINER = 'app'@'%' VIEW paid AS SELECT c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer WHERE c.state = 'paid';
CREATE VIEW of_a_view AS SELECT * FROM paid;
