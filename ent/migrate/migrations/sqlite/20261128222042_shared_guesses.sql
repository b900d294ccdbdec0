-- +goose Up
-- create "sign_in_guesses" table
CREATE TABLE `sign_in_guesses` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `email_hash` blob NOT NULL,
  `times` text NOT NULL DEFAULT (''),
  `counts_until` datetime NOT NULL
);
-- create index "sign_in_guesses_email_hash_key" to table: "sign_in_guesses"
CREATE UNIQUE INDEX `sign_in_guesses_email_hash_key` ON `sign_in_guesses` (`email_hash`);
-- create index "signinguess_counts_until" to table: "sign_in_guesses"
CREATE INDEX `signinguess_counts_until` ON `sign_in_guesses` (`counts_until`);

-- +goose Down
-- reverse: create index "signinguess_counts_until" to table: "sign_in_guesses"
DROP INDEX `signinguess_counts_until`;
-- reverse: create index "sign_in_guesses_email_hash_key" to table: "sign_in_guesses"
DROP INDEX `sign_in_guesses_email_hash_key`;
-- reverse: create "sign_in_guesses" table
DROP TABLE `sign_in_guesses`;
