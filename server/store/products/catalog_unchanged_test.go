package products_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A change of nothing is none: whoever has the version goes on to have the newest.
func TestProductUnchanged(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", func(p *catalog.Product) {
			p.Attributes = map[string]string{"axcloud.product_code": "P1"}
			p.Fields = []catalog.Field{{ID: 1, Identifier: "user", Type: catalog.FieldText}}
		})
		same, err := s.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		require.Equal(t, p.Version, same.Version)
		require.Equal(t, p.UpdatedAt, same.UpdatedAt)
		p.Name = "Another"
		other, err := s.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		require.Equal(t, p.Version+1, other.Version)
		require.False(t, other.UpdatedAt.Before(p.UpdatedAt))
	})
}
