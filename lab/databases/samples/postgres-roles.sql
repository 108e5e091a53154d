CREATE ROLE readers NOLOGIN;
CREATE ROLE app LOGIN PASSWORD 'the app''s password' CONNECTION LIMIT 20 VALID UNTIL '2031-02-03 04:05:06+09';
CREATE ROLE "Ana ""the"" Røle" LOGIN CREATEDB PASSWORD 'pâsswörd';
GRANT readers TO app WITH ADMIN OPTION;
ALTER ROLE app SET statement_timeout = '5min';
ALTER ROLE app SET search_path = "$user", shop, public;
COMMENT ON ROLE readers IS E'two\nlines, one of which is\nCREATE ROLE readers;';
