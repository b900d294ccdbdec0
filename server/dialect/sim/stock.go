package sim

import (
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/dialect"
)

// stock is how many units are left of what a simulated provider counts. It is kept in memory: whoever writes the
// settings anew fills it up.
type stock struct {
	mu    sync.Mutex
	left  map[string]int64          // by SKU
	known *lru.Cache[string, int64] // by reference: the units that were taken; 0 for a refusal
}

func newStock(items []Item) (*stock, error) {
	left := make(map[string]int64)
	for i := range items {
		if items[i].Stock != nil {
			left[items[i].SKU] = *items[i].Stock
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	known, err := lru.New[string, int64](remembered)
	return &stock{left: left, known: known}, err
}

// take takes the units of a purchase, once; false where there are too few for all of them.
func (s *stock) take(p *dialect.Purchase) bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	left, counted := s.left[p.SKU]
	if taken, _ := s.known.Get(p.Reference); taken > 0 || !counted {
		return true
	}
	if left < p.Quantity {
		s.known.Add(p.Reference, 0)
		return false
	}
	s.known.Add(p.Reference, p.Quantity)
	s.left[p.SKU] = left - p.Quantity
	return true
}

// putBack undoes take for a purchase that came to nothing.
func (s *stock) putBack(p *dialect.Purchase) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if taken, known := s.known.Get(p.Reference); known {
		s.left[p.SKU] += taken
		s.known.Remove(p.Reference)
	}
}

// refused reports a purchase for which there was too little: nothing is known of it.
func (s *stock) refused(reference string) bool {
	if s == nil {
		return false
	}
	taken, known := s.known.Get(reference)
	return known && taken == 0
}

// of is how many units are left of what is counted.
func (s *stock) of(sku string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left[sku]
}
