package deliveries_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// An endpoint that fails says until when nothing is posted to it.
func TestHeldBack(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		f := newFailing(t, url, 1)
		f.rounds(1)
		endpoint := func() webhook.Endpoint {
			row := f.stores[0].DB.Reader.WebhookEndpoint.Query().OnlyX(t.Context())
			listed, err := f.stores[0].Endpoints.ListEndpoints(t.Context(), row.MerchantID, "")
			require.NoError(t, err)
			found, err := f.stores[0].Endpoints.Endpoint(t.Context(), row.MerchantID, row.ID)
			require.NoError(t, err)
			require.Equal(t, listed[0], found)
			return found
		}
		now := time.UnixMicro(f.clock.Load()).UTC()
		held := endpoint().HeldUntil
		require.NotNil(t, held)
		require.WithinRange(t, *held, now.Add(time.Microsecond), now.Add(time.Minute))
		f.clock.Store(held.UnixMicro())
		require.Nil(t, endpoint().HeldUntil, "the time is over")
	})
}

// What a delivery says is told as far as its format shows it, whoever else is told the same.
func TestShownBody(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		o.endpoint(webhook.FormatStandard, "order.completed")
		o.order("1", nil, "CODE", 1)
		o.tell()
		listed, err := o.s.Deliveries.ListDeliveries(t.Context(), o.shop.ID, webhook.Filter{Limit: 10})
		require.NoError(t, err)
		require.NotEmpty(t, listed)
		require.Empty(t, listed[0].Body)
		found, err := o.s.Deliveries.Delivery(t.Context(), o.shop.ID, listed[0].ID)
		require.NoError(t, err)
		require.Equal(t, "‹17 bytes, no JSON›", found.Body, "the plain format of tests")
		_, err = o.s.WriteDB.ExecContext(t.Context(), `DELETE FROM webhook_bodies`)
		require.NoError(t, err)
		found, err = o.s.Deliveries.Delivery(t.Context(), o.shop.ID, listed[0].ID)
		require.NoError(t, err)
		require.Empty(t, found.Body)
	})
}
