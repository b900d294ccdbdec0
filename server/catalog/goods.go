package catalog

import (
	"fmt"

	"orderhub/server/errs"
)

// ParseGoods holds what an operator hands over, one entry per unit, to the rule for
// units of stock, and returns it as it is kept. The error is an *errs.InvalidError
// on "goods".
func ParseGoods(given []string) ([]string, error) {
	bad, seen := &errs.InvalidError{}, make(map[string]int, len(given))
	goods := make([]string, len(given))
	for i, entry := range given {
		at := fmt.Sprintf("goods[%d]", i)
		content, err := ParseContent(entry)
		if err == nil && i == 0 && len(given) > 1 {
			err = CheckFirst(entry)
		}
		if err != nil {
			bad.Add(at, "%s", err)
			continue
		}
		if first, twice := seen[content.Mark]; twice {
			bad.Add(at, "repeats entry %d", first+1)
		}
		seen[content.Mark], goods[i] = i, content.Text
	}
	return goods, bad.OrNil()
}
