-- +goose Up
-- create "provider_places" table
CREATE TABLE `provider_places` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `holder` text NOT NULL,
  `held` integer NOT NULL DEFAULT (0),
  `wanted` integer NOT NULL DEFAULT (0),
  `held_until` datetime NOT NULL
);
-- create index "providerplace_provider_id_holder" to table: "provider_places"
CREATE UNIQUE INDEX `providerplace_provider_id_holder` ON `provider_places` (`provider_id`, `holder`);
-- create "provider_rates" table
CREATE TABLE `provider_rates` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_id` integer NOT NULL,
  `used_until` datetime NOT NULL
);
-- create index "provider_rates_provider_id_key" to table: "provider_rates"
CREATE UNIQUE INDEX `provider_rates_provider_id_key` ON `provider_rates` (`provider_id`);

-- +goose Down
-- reverse: create index "provider_rates_provider_id_key" to table: "provider_rates"
DROP INDEX `provider_rates_provider_id_key`;
-- reverse: create "provider_rates" table
DROP TABLE `provider_rates`;
-- reverse: create index "providerplace_provider_id_holder" to table: "provider_places"
DROP INDEX `providerplace_provider_id_holder`;
-- reverse: create "provider_places" table
DROP TABLE `provider_places`;
