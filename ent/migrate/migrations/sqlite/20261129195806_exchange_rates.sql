-- +goose Up
-- create "exchange_rates" table
CREATE TABLE `exchange_rates` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `base` text NOT NULL,
  `quote` text NOT NULL,
  `rate_nanos` integer NOT NULL,
  `starts_at` datetime NOT NULL,
  `created_at` datetime NOT NULL
);
-- create index "exchangerate_base_quote_starts_at" to table: "exchange_rates"
CREATE INDEX `exchangerate_base_quote_starts_at` ON `exchange_rates` (`base`, `quote`, `starts_at`);

-- +goose Down
-- reverse: create index "exchangerate_base_quote_starts_at" to table: "exchange_rates"
DROP INDEX `exchangerate_base_quote_starts_at`;
-- reverse: create "exchange_rates" table
DROP TABLE `exchange_rates`;
