package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/webhook"
)

func TestOperatorEndpoints(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}))
		t.Cleanup(receiver.Close)
		ada, vera := h.browser("ada", operator.Admin), h.browser("vera", operator.Viewer)
		require.Contains(t, vera.get("/console/events").body, `href="/console/events/endpoints"`)
		require.Contains(t, vera.get("/console/events/endpoints").body, "Nobody is told.")
		form := url.Values{
			"url": {"https://pager.example/in"}, "eventTypes": {"stock.low, supply.held"}, "description": {evil},
		}
		require.Equal(t, http.StatusForbidden, vera.post("/console/events/endpoints/create", form).StatusCode)
		made := ada.post("/console/events/endpoints/create", form)
		require.Contains(t, made.body, "whsec_")
		list := vera.get("/console/events/endpoints").body
		plainly(t, list)
		require.Contains(t, list, "https://pager.example/in")
		require.NotContains(t, list, "whsec_")
		form.Set("eventTypes", "order.created")
		wrong := ada.post("/console/events/endpoints/create", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, "Must be one of claim.created, claim.overdue")

		endpoints, err := h.Store.Endpoints.ListEndpoints(t.Context(), webhook.House, webhook.FormatOperators)
		require.NoError(t, err)
		id := endpoints[0].ID
		_, err = h.Store.Endpoints.UpdateEndpoint(t.Context(), webhook.House, id,
			func(e *webhook.Endpoint) (string, error) {
				e.URL = receiver.URL
				return "", nil
			})
		require.NoError(t, err)
		at := fmt.Sprint("/console/events/endpoints/", id)
		require.NotContains(t, vera.get(at).body, at+"/remove")
		require.Contains(t, ada.post(at+"/test", nil).body, "The receiver answered 418")
		shown := vera.get(at).body
		plainly(t, shown)
		require.Contains(t, shown, "/console/events/deliveries/")
		sent, err := h.Store.Deliveries.ListDeliveries(t.Context(), webhook.House, webhook.Filter{Limit: 1})
		require.NoError(t, err)
		delivery := fmt.Sprint("/console/events/deliveries/", sent[0].ID)
		require.Contains(t, vera.get(delivery).body, `href="`+at+`"`)
		require.Equal(t, http.StatusForbidden, vera.post(delivery+"/redeliver", nil).StatusCode)
		require.Contains(t, ada.post(delivery+"/redeliver", nil).body, "is to be sent again")

		require.Contains(t, ada.post(at+"/change", url.Values{"status": {"inactive"}}).body, "inactive")
		changed := url.Values{"url": {"https://other.example"}, "eventTypes": {""}, "description": {"night"}}
		require.Contains(t, ada.post(at+"/change", changed).body, "changed")
		require.Contains(t, vera.get(at).body, "https://other.example")
		require.Contains(t, ada.post(at+"/secret", nil).body, "whsec_")
		require.Contains(t, ada.post(at+"/remove", nil).body, "is removed")
		require.Contains(t, vera.get(delivery).body, "which is removed")
	})
}
