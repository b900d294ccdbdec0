package order

import (
	"context"
	"iter"
)

// Each returns what List would one after another, and holds only a part of it:
// an order may have a megabyte of metadata, or many units with goods.
func (s *Service) Each(ctx context.Context, v Viewer, f Filter) iter.Seq2[*Order, error] {
	return func(yield func(*Order, error) bool) {
		part := firstPart
		for left := f.Limit; left > 0; left -= f.Limit {
			f.Limit = min(left, part)
			found, err := s.store.ListOrders(ctx, v, f)
			if err != nil {
				yield(nil, err)
				return
			}
			size := 0
			for i := range found {
				f.BeforeTime, f.BeforeID = found[i].CreatedAt, found[i].ID
				size += found[i].size()
				if !yield(&found[i], nil) {
					return
				}
			}
			if len(found) < f.Limit {
				return
			}
			f.Offset, part = 0, nextPart(len(found), size)
		}
	}
}

// How many orders are read at a time: a few until it is known how large they are,
// then as many as have so many bytes.
const (
	firstPart = 10
	partBytes = 1 << 20
)

// nextPart is how many orders to read after some that had so many bytes.
func nextPart(orders, size int) int {
	return max(partBytes/max(size/orders, 1), 1)
}
