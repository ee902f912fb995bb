-- One statement per migration; those that a database has already are not run again.
CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO note (text) VALUES ('The database is there.');
