-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_unit_imports" table
CREATE TABLE `new_unit_imports` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL DEFAULT (''),
  `imported` integer NOT NULL DEFAULT (0),
  `refused` integer NOT NULL DEFAULT (0),
  `first_unit_id` integer NOT NULL DEFAULT (0),
  `last_unit_id` integer NOT NULL DEFAULT (0),
  `withdrawn_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `product_id` integer NOT NULL,
  CONSTRAINT `unit_imports_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION
);
-- copy rows from old table "unit_imports" to new temporary table "new_unit_imports"
INSERT INTO `new_unit_imports` (`id`, `name`, `imported`, `refused`, `created_at`, `product_id`) SELECT `id`, `name`, `imported`, `refused`, `created_at`, `product_id` FROM `unit_imports`;
-- drop "unit_imports" table after copying rows
DROP TABLE `unit_imports`;
-- rename temporary table "new_unit_imports" to "unit_imports"
ALTER TABLE `new_unit_imports` RENAME TO `unit_imports`;
-- create index "unitimport_product_id" to table: "unit_imports"
CREATE INDEX `unitimport_product_id` ON `unit_imports` (`product_id`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "unitimport_product_id" to table: "unit_imports"
DROP INDEX `unitimport_product_id`;
-- reverse: create "new_unit_imports" table
DROP TABLE `new_unit_imports`;
