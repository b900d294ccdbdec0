-- +goose Up
-- create "order_figures" table
CREATE TABLE `order_figures` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `starts_at` datetime NOT NULL,
  `currency` text NOT NULL,
  `orders` integer NOT NULL DEFAULT (0),
  `completed` integer NOT NULL DEFAULT (0),
  `failed` integer NOT NULL DEFAULT (0),
  `cancelled` integer NOT NULL DEFAULT (0),
  `charged_micros` integer NOT NULL DEFAULT (0),
  `refunded_micros` integer NOT NULL DEFAULT (0),
  `waits` text NOT NULL DEFAULT (''),
  `counted_at` datetime NOT NULL,
  `due_at` datetime NULL
);
-- create index "orderfigures_starts_at_currency" to table: "order_figures"
CREATE UNIQUE INDEX `orderfigures_starts_at_currency` ON `order_figures` (`starts_at`, `currency`);
-- create index "orderfigures_due_at" to table: "order_figures"
CREATE INDEX `orderfigures_due_at` ON `order_figures` (`due_at`) WHERE due_at IS NOT NULL;
-- create "provider_figures" table
CREATE TABLE `provider_figures` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `starts_at` datetime NOT NULL,
  `provider_id` integer NOT NULL,
  `attempts` integer NOT NULL DEFAULT (0),
  `delivered` integer NOT NULL DEFAULT (0),
  `refused` integer NOT NULL DEFAULT (0),
  `cancelled` integer NOT NULL DEFAULT (0),
  `parked` integer NOT NULL DEFAULT (0),
  `waits` text NOT NULL DEFAULT (''),
  `counted_at` datetime NOT NULL,
  `due_at` datetime NULL
);
-- create index "providerfigures_starts_at_provider_id" to table: "provider_figures"
CREATE UNIQUE INDEX `providerfigures_starts_at_provider_id` ON `provider_figures` (`starts_at`, `provider_id`);
-- create index "providerfigures_due_at" to table: "provider_figures"
CREATE INDEX `providerfigures_due_at` ON `provider_figures` (`due_at`) WHERE due_at IS NOT NULL;

-- +goose Down
-- reverse: create index "providerfigures_due_at" to table: "provider_figures"
DROP INDEX `providerfigures_due_at`;
-- reverse: create index "providerfigures_starts_at_provider_id" to table: "provider_figures"
DROP INDEX `providerfigures_starts_at_provider_id`;
-- reverse: create "provider_figures" table
DROP TABLE `provider_figures`;
-- reverse: create index "orderfigures_due_at" to table: "order_figures"
DROP INDEX `orderfigures_due_at`;
-- reverse: create index "orderfigures_starts_at_currency" to table: "order_figures"
DROP INDEX `orderfigures_starts_at_currency`;
-- reverse: create "order_figures" table
DROP TABLE `order_figures`;
