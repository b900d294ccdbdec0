// Package catalog owns what can be sold: products, categories, a merchant's
// listings of them, the units and dated allotments in our own stock, and
// coupons. It prices nothing and sells nothing: that is package order, which
// reads an immutable [Snapshot] of this package and is told by the store when
// a product changed since.
package catalog
