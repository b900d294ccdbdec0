package endpoints_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/secret"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		shop, other := storetest.NewMerchant(t, s, "shop"), storetest.NewMerchant(t, s, "other")
		none, err := s.Endpoints.ListEndpoints(ctx, shop.ID, "")
		require.NoError(t, err)
		require.Empty(t, none)

		given := storetest.Endpoint(shop)
		created, err := s.Endpoints.CreateEndpoint(ctx, given, "0123456789", 20)
		require.NoError(t, err)
		require.NotZero(t, created.ID)
		require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
		require.Equal(t, time.UTC, created.CreatedAt.Location())
		given.ID, given.CreatedAt, given.UpdatedAt = created.ID, created.CreatedAt, created.CreatedAt
		require.Equal(t, given, created)
		bare, err := s.Endpoints.CreateEndpoint(ctx, webhook.Endpoint{
			MerchantID: shop.ID, Format: bursagb.Name, URL: "https://b.example", Status: webhook.StatusInactive,
			MaxRetries: webhook.ByFormat,
		}, "", 20)
		require.NoError(t, err)
		require.Greater(t, bare.ID, created.ID)
		require.Equal(t, webhook.ByFormat, bare.MaxRetries)
		require.Zero(t, bare.RetryDelay)
		require.Nil(t, bare.EventTypes)
		_, err = s.Endpoints.CreateEndpoint(ctx, webhook.Endpoint{MerchantID: 999}, "", 20)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)

		found, err := s.Endpoints.Endpoint(ctx, shop.ID, created.ID)
		require.NoError(t, err)
		require.Equal(t, created, found)
		all, err := s.Endpoints.ListEndpoints(ctx, shop.ID, "")
		require.NoError(t, err)
		require.Equal(t, []webhook.Endpoint{created, bare}, all)
		all, err = s.Endpoints.ListEndpoints(ctx, shop.ID, bursagb.Name)
		require.NoError(t, err)
		require.Equal(t, []webhook.Endpoint{bare}, all)

		// What is another merchant's does not exist.
		all, err = s.Endpoints.ListEndpoints(ctx, other.ID, "")
		require.NoError(t, err)
		require.Empty(t, all)
		for _, missing := range [][2]int64{{other.ID, created.ID}, {shop.ID, 999}, {999, created.ID}} {
			_, err = s.Endpoints.Endpoint(ctx, missing[0], missing[1])
			require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
			_, err = s.Endpoints.UpdateEndpoint(ctx, missing[0], missing[1], func(*webhook.Endpoint) (string, error) {
				t.Error("nothing to edit")
				return "", nil
			})
			require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
			_, err = s.Endpoints.DeleteEndpoint(ctx, missing[0], missing[1])
			require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
		}

		deleted, err := s.Endpoints.DeleteEndpoint(ctx, shop.ID, created.ID)
		require.NoError(t, err)
		require.Equal(t, created, deleted)
		_, err = s.Endpoints.DeleteEndpoint(ctx, shop.ID, created.ID)
		require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
	})
}

func TestUpdateEndpoint(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		given := storetest.Endpoint(storetest.NewMerchant(t, s, "shop"))
		created, err := s.Endpoints.CreateEndpoint(ctx, given, "0123456789", 20)
		require.NoError(t, err)
		update := func(edit func(*webhook.Endpoint) (string, error)) (webhook.Endpoint, error) {
			return s.Endpoints.UpdateEndpoint(ctx, created.MerchantID, created.ID, edit)
		}
		same, err := update(func(*webhook.Endpoint) (string, error) { return "", nil })
		require.NoError(t, err)
		require.Equal(t, created, same, "UpdatedAt does not move")
		same, err = update(func(e *webhook.Endpoint) (string, error) {
			e.EventTypes = []string{"order.failed", "order.completed"} // the same in another list
			return "", nil
		})
		require.NoError(t, err)
		require.Equal(t, created, same)

		refused := errors.New("refused")
		_, err = update(func(e *webhook.Endpoint) (string, error) {
			e.URL = "https://refused.example"
			return "a new secret", refused
		})
		require.ErrorIs(t, err, refused)
		require.Equal(t, "0123456789", secretOf(t, s, created.ID))

		changed, err := update(func(e *webhook.Endpoint) (string, error) {
			require.Equal(t, created, *e)
			e.URL = "https://c.example"
			e.EventTypes = nil
			e.Status = webhook.StatusInactive
			e.MaxRetries = webhook.ByFormat
			e.RetryDelay = 0
			e.SecretHint, e.Description = "anot...", ""
			return "another secret", nil
		})
		require.NoError(t, err)
		require.Equal(t, webhook.Endpoint{
			ID: created.ID, MerchantID: created.MerchantID, Format: created.Format, URL: "https://c.example",
			Status:     webhook.StatusInactive,
			MaxRetries: webhook.ByFormat, SecretHint: "anot...", CreatedAt: created.CreatedAt,
			UpdatedAt: changed.UpdatedAt,
		}, changed)
		require.True(t, changed.UpdatedAt.After(created.UpdatedAt))
		found, err := s.Endpoints.Endpoint(ctx, created.MerchantID, created.ID)
		require.NoError(t, err)
		require.Equal(t, changed, found)
		require.Equal(t, "another secret", secretOf(t, s, created.ID))

		_, err = update(func(e *webhook.Endpoint) (string, error) {
			e.Description = "kept secret"
			return "", nil
		})
		require.NoError(t, err)
		require.Equal(t, "another secret", secretOf(t, s, created.ID))
	})
}

// secretOf opens what is stored, which must not be the secret itself.
func secretOf(t *testing.T, s *stores.All, id int64) string {
	t.Helper()
	row, err := s.Reader.WebhookEndpoint.Get(t.Context(), id)
	require.NoError(t, err)
	opened, err := storetest.Sealer().Open(
		row.Secret, secret.Place{Table: "webhook_endpoints", Column: "secret", Row: fmt.Sprint(id)},
	)
	require.NoError(t, err)
	require.NotContains(t, string(row.Secret), string(opened))
	return string(opened)
}

// However many come at once, a merchant has no more endpoints than it may have,
// and no change of one is lost in another.
func TestEndpointsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, stores := t.Context(), []*stores.All{open(), open()}
		shop := storetest.NewMerchant(t, stores[0], "shop")
		var made, refused atomic.Int64
		atOnce(func(i int) {
			switch _, err := stores[i%2].Endpoints.CreateEndpoint(ctx, storetest.Endpoint(shop), "0123456789", 5); {
			case err == nil:
				made.Add(1)
			case errors.As(err, new(*webhook.TooManyError)):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
		require.Equal(t, []int64{5, 5}, []int64{made.Load(), refused.Load()})

		all, err := stores[0].Endpoints.ListEndpoints(ctx, shop.ID, "")
		require.NoError(t, err)
		require.Len(t, all, 5)
		atOnce(func(i int) {
			_, err := stores[i%2].Endpoints.UpdateEndpoint(
				context.WithoutCancel(ctx), shop.ID, all[0].ID, func(e *webhook.Endpoint) (string, error) {
					e.EventTypes = append(e.EventTypes, fmt.Sprint("order.", i))
					return "", nil
				},
			)
			if err != nil {
				t.Error(err)
			}
		})
		changed, err := stores[0].Endpoints.Endpoint(ctx, shop.ID, all[0].ID)
		require.NoError(t, err)
		require.Len(t, changed.EventTypes, 2+10)
	})
}

// atOnce runs call ten times at once.
func atOnce(call func(i int)) {
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() { call(i) })
	}
	running.Wait()
}
