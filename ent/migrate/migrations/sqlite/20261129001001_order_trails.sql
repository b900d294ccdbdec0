-- +goose Up
-- create "order_trails" table
CREATE TABLE `order_trails` (
  `id` integer NOT NULL,
  `trail` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);

-- +goose Down
-- reverse: create "order_trails" table
DROP TABLE `order_trails`;
