package supplies_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/dialect/orderhub"
	"orderhub/server/dialect/outbound"
)

// otherHub is a hub whose list a test writes.
type otherHub struct {
	orderhubv1.UnimplementedCatalogServiceServer
	*book
}

// ListProducts answers a page; one that is spoiled has a price that is none.
func (h *otherHub) ListProducts(_ context.Context, r *orderhubv1.ListProductsRequest) (
	*orderhubv1.ListProductsResponse, error,
) {
	n := max(number(r.GetPageToken()), 1)
	page := &orderhubv1.ListProductsResponse{}
	for _, one := range h.page(n) {
		product := &orderhubv1.Product{
			Sku: one.sku, Name: "Item " + one.sku, Price: one.cost, Currency: one.currency, Available: true,
		}
		if text, spoiled := h.raw[n]; spoiled {
			product.Price = text
		}
		page.Products = append(page.Products, product)
	}
	if n < len(h.pages) {
		page.NextPageToken = fmt.Sprint(n + 1)
	}
	return page, nil
}

func orderhubPartner(t *testing.T, b *book) dialect.Connector {
	server := grpc.NewServer()
	orderhubv1.RegisterCatalogServiceServer(server, &otherHub{book: b})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	c, err := orderhub.NewConnector(outbound.Setup{
		Settings:    fmt.Appendf(nil, `{"address": %q, "insecure": true}`, listener.Addr()),
		Credentials: map[string]string{"api_key": "k"}, Now: time.Now,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
