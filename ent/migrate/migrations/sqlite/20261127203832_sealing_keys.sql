-- +goose Up
-- create "sealing_keys" table
CREATE TABLE `sealing_keys` (
  `key_id` text NOT NULL,
  `value` blob NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`key_id`)
);

-- +goose Down
-- reverse: create "sealing_keys" table
DROP TABLE `sealing_keys`;
