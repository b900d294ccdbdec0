package outboundtest

import (
	"context"

	"orderhub/server/dialect"
)

// Listed is everything that a provider lists, in its order.
func Listed(ctx context.Context, l dialect.Lister) (all []dialect.Item, err error) {
	err = l.ListItems(ctx, func(part []dialect.Item) error {
		all = append(all, part...)
		return nil
	})
	return all, err
}
