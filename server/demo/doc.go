// Package demo owns the data that `orderhub demo` starts with: merchants with
// public keys, products of every behaviour, stock, coupons and listings, and the
// tour that shows them at work. Examples and tests rely on these exact values.
//
// Nothing here may ever be loaded into a database that serves real merchants.
package demo
