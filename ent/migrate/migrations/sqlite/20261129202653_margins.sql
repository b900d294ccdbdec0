-- +goose Up
-- create "margin_days" table
CREATE TABLE `margin_days` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `starts_at` datetime NOT NULL,
  `counted_at` datetime NOT NULL,
  `due_at` datetime NULL
);
-- create index "margin_days_starts_at_key" to table: "margin_days"
CREATE UNIQUE INDEX `margin_days_starts_at_key` ON `margin_days` (`starts_at`);
-- create index "marginday_due_at" to table: "margin_days"
CREATE INDEX `marginday_due_at` ON `margin_days` (`due_at`) WHERE due_at IS NOT NULL;
-- create "margin_figures" table
CREATE TABLE `margin_figures` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `starts_at` datetime NOT NULL,
  `product_id` integer NOT NULL,
  `merchant_id` integer NOT NULL,
  `provider_id` integer NOT NULL,
  `currency` text NOT NULL,
  `cost_currency` text NOT NULL DEFAULT (''),
  `units` integer NOT NULL DEFAULT (0),
  `failed` integer NOT NULL DEFAULT (0),
  `unpriced` integer NOT NULL DEFAULT (0),
  `revenue_micros` integer NOT NULL DEFAULT (0),
  `cost_micros` integer NOT NULL DEFAULT (0)
);
-- create index "margin_figures_row" to table: "margin_figures"
CREATE UNIQUE INDEX `margin_figures_row` ON `margin_figures` (`starts_at`, `product_id`, `merchant_id`, `provider_id`, `currency`, `cost_currency`);

-- +goose Down
-- reverse: create index "margin_figures_row" to table: "margin_figures"
DROP INDEX `margin_figures_row`;
-- reverse: create "margin_figures" table
DROP TABLE `margin_figures`;
-- reverse: create index "marginday_due_at" to table: "margin_days"
DROP INDEX `marginday_due_at`;
-- reverse: create index "margin_days_starts_at_key" to table: "margin_days"
DROP INDEX `margin_days_starts_at_key`;
-- reverse: create "margin_days" table
DROP TABLE `margin_days`;
