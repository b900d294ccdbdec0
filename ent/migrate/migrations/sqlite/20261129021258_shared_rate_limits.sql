-- +goose Up
-- create "hub_processes" table
CREATE TABLE `hub_processes` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `alone` bool NOT NULL DEFAULT (false),
  `lives_until` datetime NOT NULL
);
-- create index "hub_processes_name_key" to table: "hub_processes"
CREATE UNIQUE INDEX `hub_processes_name_key` ON `hub_processes` (`name`);
-- create "rate_buckets" table
CREATE TABLE `rate_buckets` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `merchant_id` integer NOT NULL,
  `key_id` integer NOT NULL,
  `requests_per_minute` integer NOT NULL,
  `burst` integer NOT NULL,
  `used_until` datetime NOT NULL
);
-- create index "ratebucket_merchant_id_key_id_requests_per_minute_burst" to table: "rate_buckets"
CREATE UNIQUE INDEX `ratebucket_merchant_id_key_id_requests_per_minute_burst` ON `rate_buckets` (`merchant_id`, `key_id`, `requests_per_minute`, `burst`);

-- +goose Down
-- reverse: create index "ratebucket_merchant_id_key_id_requests_per_minute_burst" to table: "rate_buckets"
DROP INDEX `ratebucket_merchant_id_key_id_requests_per_minute_burst`;
-- reverse: create "rate_buckets" table
DROP TABLE `rate_buckets`;
-- reverse: create index "hub_processes_name_key" to table: "hub_processes"
DROP INDEX `hub_processes_name_key`;
-- reverse: create "hub_processes" table
DROP TABLE `hub_processes`;
