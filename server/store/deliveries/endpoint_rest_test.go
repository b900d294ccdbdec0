package deliveries_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/gameso"
	"orderhub/server/event"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

func TestEndpointsAtRest(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		patient := o.endpoint(webhook.FormatStandard, "order.completed")
		impatient := o.endpoint(gameso.Name, "order.completed")
		removed := o.endpoint(webhook.FormatStandard, "order.completed")
		set := func(id int64, status webhook.Status) {
			_, err := o.s.Endpoints.UpdateEndpoint(t.Context(), o.shop.ID, id,
				func(e *webhook.Endpoint) (string, error) {
					e.Status = status
					return "", nil
				})
			require.NoError(t, err)
		}
		o.order("before", nil, "CODE", 1)
		o.tell()
		o.order("while it changes", nil, "CODE", 1)
		set(patient.ID, webhook.StatusInactive)
		set(impatient.ID, webhook.StatusInactive)
		_, err := o.s.Endpoints.DeleteEndpoint(t.Context(), o.shop.ID, removed.ID)
		require.NoError(t, err)
		o.tell()
		o.order("after", nil, "CODE", 1)
		o.tell()
		require.Empty(t, o.lanes())
		byEndpoint := func(id int64) (statuses []webhook.DeliveryStatus) {
			listed, err := o.s.Deliveries.ListDeliveries(t.Context(), o.shop.ID,
				webhook.Filter{EndpointID: id, Limit: 10})
			require.NoError(t, err)
			for _, d := range listed {
				statuses = append(statuses, d.Status)
			}
			return statuses
		}
		require.Equal(t, []webhook.DeliveryStatus{webhook.DeliveryPending, webhook.DeliveryPending},
			byEndpoint(patient.ID))
		require.Equal(t, []webhook.DeliveryStatus{webhook.DeliveryFailed, webhook.DeliveryFailed},
			byEndpoint(impatient.ID))
		require.Equal(t, []webhook.DeliveryStatus{webhook.DeliveryFailed}, byEndpoint(removed.ID))
		listed, err := o.s.Deliveries.ListDeliveries(t.Context(), o.shop.ID,
			webhook.Filter{EndpointID: patient.ID, Limit: 1})
		require.NoError(t, err)
		_, err = o.s.Deliveries.Redeliver(t.Context(), o.shop.ID, listed[0].ID)
		require.ErrorIs(t, err, webhook.ErrNowhere)

		set(patient.ID, webhook.StatusActive)
		set(impatient.ID, webhook.StatusActive)
		require.Equal(
			t, []string{"2 order.completed", "4 order.completed"},
			bodies(o.claim(webhook.EndpointLane(patient.ID), 10)),
		)
		require.Empty(t, o.claim(webhook.EndpointLane(impatient.ID), 10))
		storetest.RequireClean(t, o.s)
	})
}

func TestSecretRotation(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		rotating, plain := o.endpoint(webhook.FormatStandard, "order.completed"), o.endpoint(gameso.Name)
		for _, e := range []webhook.Endpoint{rotating, plain} {
			_, err := o.s.Endpoints.UpdateEndpoint(
				t.Context(), o.shop.ID, e.ID, func(*webhook.Endpoint) (string, error) { return "second secret", nil },
			)
			require.NoError(t, err)
		}
		o.order("1", nil, "CODE", 1)
		o.tell()
		require.Equal(
			t, []string{"second secret", "first secret"}, o.claim(webhook.EndpointLane(rotating.ID),
				1)[0].Parcel.Secrets,
		)
		require.Equal(t, []string{"second secret"}, o.claim(webhook.EndpointLane(plain.ID), 1)[0].Parcel.Secrets)
	})
}

// Endpoints that the hub switches off are told of in the log, and to the others.
func TestDisableEndpoint(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		dead, other := o.endpoint(webhook.FormatStandard), o.endpoint(webhook.FormatStandard, "webhook.disabled")
		o.order("1", nil, "CODE", 1)
		o.tell()
		stranger := o.Merchant("stranger", 0)
		require.NoError(t, o.s.Deliveries.DisableEndpoint(t.Context(), stranger.ID, dead.ID, "not mine"))
		for range 2 { // however many attempts find out
			require.NoError(t, o.s.Deliveries.DisableEndpoint(t.Context(), o.shop.ID, dead.ID, "it is gone"))
		}
		o.tell()
		found, err := o.s.Endpoints.Endpoint(t.Context(), o.shop.ID, dead.ID)
		require.NoError(t, err)
		require.Equal(t, webhook.StatusDisabled, found.Status)
		require.Equal(t, "it is gone", found.DisableReason)
		entries, err := o.s.Events.Entries(t.Context(), event.Cursor{MerchantID: o.shop.ID, Sequence: 2}, 10)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, event.WebhookDisabled, entries[0].Type)
		require.Equal(t, map[string]string{"endpoint": fmt.Sprint(dead.ID), "reason": "it is gone"}, entries[0].Data)
		require.Equal(t, []string{webhook.EndpointLane(other.ID)}, o.lanes())
		require.Equal(t, []string{"3 webhook.disabled"}, bodies(o.claim(webhook.EndpointLane(other.ID), 10)))

		_, err = o.s.Endpoints.UpdateEndpoint(t.Context(), o.shop.ID, dead.ID,
			func(e *webhook.Endpoint) (string, error) {
				e.Status = webhook.StatusActive
				return "", nil
			})
		require.NoError(t, err)
		require.Equal(
			t, []string{"1 order.created", "2 order.completed"}, bodies(o.claim(webhook.EndpointLane(dead.ID), 10)),
			"what waited comes",
		)
		found, err = o.s.Endpoints.Endpoint(t.Context(), o.shop.ID, dead.ID)
		require.NoError(t, err)
		require.Empty(t, found.DisableReason)
		storetest.RequireClean(t, o.s)
	})
}
