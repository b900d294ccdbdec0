package console_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/webhook"
)

// endpoint is one of the shop's, on this machine; what it answers may be changed.
func (h *hub) endpoint() (e webhook.Endpoint, status *atomic.Int32) {
	h.t.Helper()
	status = &atomic.Int32{}
	status.Store(http.StatusOK)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, "noted & <kept>")
	}))
	h.t.Cleanup(receiver.Close)
	e, _, err := webhook.NewService(h.Store.Endpoints, true).Create(h.t.Context(), webhook.Endpoint{
		MerchantID: h.shop.ID, URL: receiver.URL + "/hook", Format: webhook.FormatStandard,
	}, "")
	require.NoError(h.t, err)
	return e, status
}

func endpointPath(id int64) string { return fmt.Sprintf("/console/webhooks/shop/endpoints/%d", id) }

func TestWebhooks(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, support, admin := h.browser("vera", operator.Viewer), h.browser("sam", operator.Support),
			h.browser("ada", operator.Admin)
		require.Contains(t, viewer.get("/console/webhooks").body, `/console/webhooks?merchant=shop`)
		require.Contains(t, viewer.get("/console/webhooks?merchant=shop").body, "This merchant has no endpoint.")
		require.Equal(t, http.StatusNotFound, viewer.get("/console/webhooks?merchant=nobody").StatusCode)
		e, status := h.endpoint()
		at := endpointPath(e.ID)
		require.Contains(t, viewer.get("/console/webhooks?merchant=shop").body, at)
		for act, b := range map[string]*browser{"test": viewer, "replay": viewer, "switch": support} {
			require.NotContains(t, b.get(at).body, at+"/"+act)
			require.Equal(t, http.StatusForbidden, b.post(at+"/"+act, url.Values{"status": {"inactive"}}).StatusCode)
		}
		require.Contains(t, support.post(at+"/test", nil).body, "The receiver answered 200 after")
		h.Stocked("CODE", 10, 5)
		o := h.place("r-1", "CODE", 1)
		status.Store(http.StatusTeapot)
		h.Tell(h.hooks.Fanout)
		var delivery string
		require.Eventually(t, func() bool {
			page := support.get(at).body
			_, rest, _ := strings.Cut(page, `<th scope="row"><a href="`)
			delivery, _, _ = strings.Cut(rest, `"`)
			return strings.Count(page, "<td>418") == 2 // order.created and order.completed
		}, time.Minute, 20*time.Millisecond)
		require.Contains(t, viewer.get("/console/webhooks").body, "With the last 200 deliveries to each.")
		require.Contains(t, support.get("/console/orders/"+o.Number).body, "/redeliver")
		require.NotContains(t, viewer.get(at).body, "whse", "tells no secret from another")
		page := viewer.get(delivery)
		require.Contains(t, page.body, o.Number)
		require.Contains(t, page.body, "noted &amp; &lt;kept&gt;")
		require.NotContains(t, page.body, "/redeliver")
		require.Contains(t, page.body, `&#34;orderNumber&#34;:&#34;`+o.Number)
		require.Contains(t, page.body, `&#34;notifyUrl&#34;:&#34;‹`)
		require.NotContains(t, page.body, "CODE-", "no goods")
		require.Equal(t, http.StatusForbidden, viewer.post(delivery+"/redeliver", nil).StatusCode)
		status.Store(http.StatusOK)
		again := support.post(delivery+"/redeliver", nil)
		require.Equal(t, delivery, again.Request.URL.Path)
		require.Contains(t, again.body, "is to be sent again. Its endpoint ")

		counted := support.post(at+"/replay", url.Values{"dryRun": {"1"}, "eventTypes": {"order.completed"}})
		require.Contains(t, counted.body, "1 events would be told again. Nothing was sent.")
		wrong := support.post(at+"/replay", url.Values{"startTime": {"yesterday"}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-startTime-error"`)
		replayed := support.post(at+"/replay", nil)
		require.Contains(t, replayed.body, "events are being told again.")
		require.Equal(t, "status=pending", replayed.Request.URL.RawQuery)
		require.Contains(t, admin.post(at+"/switch", url.Values{"status": {"inactive"}}).body,
			"The endpoint is inactive.")
		require.Contains(t, support.get(delivery).body, "It cannot be sent again")
		require.NotContains(t, support.get(delivery).body, "/redeliver")
		require.NotContains(t, support.get("/console/orders/"+o.Number).body, "/redeliver")
		refused := support.post(at+"/replay", nil)
		require.Equal(t, http.StatusBadRequest, refused.StatusCode)
		require.Contains(t, refused.body, "ENDPOINT_NOT_ACTIVE")
		require.Contains(t, admin.post(at+"/switch", url.Values{"status": {"active"}}).body, "The endpoint is active.")
		require.Contains(t, support.get(at+"?status=superseded").body, "Nothing was sent.")
		require.Contains(t, support.get(delivery).body, `<a href="`+at+`">`)
		hooks := webhook.NewService(h.Store.Endpoints, true)
		_, err := hooks.Delete(t.Context(), h.shop.ID, e.ID, webhook.FormatStandard)
		require.NoError(t, err)
		gone := support.get(delivery).body
		require.Contains(t, gone, "of shop, which is removed")
		require.NotContains(t, gone, at, "a link that leads nowhere")
	})
}
