package console_test

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// mute is a provider that never says whether it has received anything, and that cannot be asked.
type mute struct{}

func (mute) Idempotent() bool { return false }

func (mute) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("no answer")
}

// place is an order of the shop's.
func (h *hub) place(reference string, skuAndQuantity ...any) *order.Order {
	h.t.Helper()
	placed, err := h.Orders.Create(h.t.Context(), storetest.Draft(h.shop, reference, skuAndQuantity...))
	require.NoError(h.t, err)
	return placed.Order
}

// parked is an order whose attempt waits for a person.
func (h *hub) parked(reference string) *order.Order {
	h.t.Helper()
	if _, err := h.Catalog.FindProduct("GOLD"); err != nil {
		p := h.Product("GOLD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		h.Supplied(p, "mute", mute{})
	}
	return h.Finish(h.place(reference, "GOLD", 2))
}

func TestOrders(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer := h.browser("vera", operator.Viewer)
		require.Contains(t, viewer.get("/console/orders").body, "There are no orders yet.")
		h.Stocked("CODE", 1250, 60)
		var last *order.Order
		for i := range 51 {
			last = h.place("ref-"+string(rune('a'+i%26))+strings.Repeat("x", i/26), "CODE", 1)
		}
		list := viewer.get("/console/orders")
		require.Equal(t, http.StatusOK, list.StatusCode)
		require.Contains(t, list.body, last.Number)
		require.Contains(t, list.body, `1,250.00 <abbr>THB</abbr>`)
		require.Equal(t, 50, strings.Count(list.body, `<tr class="link"`))
		next := hrefOf(t, list.body, `rel="next"`)
		require.Equal(t, 1, strings.Count(viewer.get(next).body, `<tr class="link"`))

		found := viewer.get("/console/orders?q=ref-b")
		require.Equal(t, 2, strings.Count(found.body, `<tr class="link"`))
		require.Contains(t, viewer.get("/console/orders?q="+last.Number).Request.URL.Path, "/console/orders/"+last.Number)
		require.Contains(t, viewer.get("/console/orders?status=failed").body, "No order is like this.")
		require.Contains(t, viewer.get("/console/orders?merchant=shop&from=2020-01-01T00:00").body, last.Number)
		wrong := viewer.get("/console/orders?from=yesterday")
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, "This is not a time")

		require.Contains(t, viewer.get("/console/orders?sku=CODE&door=hub").body, last.Number)
		require.Contains(t, viewer.get("/console/orders?q="+last.Number[:len(last.Number)-2]).body, last.Number)

		file := viewer.get("/console/orders.csv?q=ref-b")
		require.Equal(t, "text/csv; charset=utf-8", file.Header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="orders.csv"`, file.Header.Get("Content-Disposition"))
		rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 3)
	})
}

// hrefOf is where the link goes that has this in its tag.
func hrefOf(t *testing.T, page, in string) string {
	t.Helper()
	for tag := range strings.SplitSeq(page, "<a ") {
		tag, _, _ = strings.Cut(tag, ">")
		if strings.Contains(tag, in) {
			_, rest, _ := strings.Cut(tag, `href="`)
			href, _, _ := strings.Cut(rest, `"`)
			return strings.ReplaceAll(href, "&amp;", "&")
		}
	}
	t.Fatalf("no link with %s", in)
	return ""
}

func TestOrder(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("CODE", 10, 5)
		o := h.place("r-1", "CODE", 2)
		viewer, support := h.browser("vera", operator.Viewer), h.browser("sam", operator.Support)
		at := "/console/orders/" + o.Number
		for name, b := range map[string]*browser{"viewer": viewer, "support": support} {
			page := b.get(at)
			require.Equal(t, http.StatusOK, page.StatusCode, name)
			require.Contains(t, page.body, "2 of CODE at 10.00 THB each.", name)
			require.Contains(t, page.body, "order.completed", name)
			require.NotContains(t, page.body, "CODE-1", "goods are not shown by the way")
			require.Equal(t, name == "support", strings.Contains(page.body, "Show goods"), name)
		}
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/goods", nil).StatusCode)
		shown := support.post(at+"/goods", nil)
		require.Equal(t, http.StatusOK, shown.StatusCode)
		require.Contains(t, shown.body, "CODE-1")
		require.Equal(t, "no-store", shown.Header.Get("Cache-Control"))
		require.Equal(t, http.StatusNotFound, viewer.get("/console/orders/ord_none").StatusCode)
	})
}

// Who or what is looked for is posted, and in no address; what is sold takes a role to look for.
func TestFind(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("CODE", 10, 5)
		o := h.place("r-1", "CODE", 1) // for "player"
		viewer, support := h.browser("vera", operator.Viewer), h.browser("sam", operator.Support)
		found := viewer.post("/console/orders/recipient", url.Values{"userId": {"player"}})
		require.Equal(t, http.StatusOK, found.StatusCode)
		require.Contains(t, found.body, o.Number)
		require.Contains(t, viewer.post("/console/orders/recipient", url.Values{"userId": {"nobody"}}).body, "No order went")
		held, err := h.Orders.Hold(t.Context(), storetest.Draft(h.shop, "r-2", "CODE", 1), 0)
		require.NoError(t, err)
		found = viewer.post("/console/orders/recipient", url.Values{"userId": {"player"}})
		require.Equal(t, "/console/holds/"+held.Hold.Number, hrefOf(t, found.body, `href="/console/holds/`))
		require.Equal(t, http.StatusBadRequest, viewer.post("/console/orders/recipient", nil).StatusCode)

		require.NotContains(t, viewer.get("/console/orders").body, "Find what was sold")
		sold := url.Values{"content": {"CODE-1"}}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/orders/sold", sold).StatusCode)
		require.Contains(t, support.get("/console/orders").body, "Find what was sold")
		require.Contains(t, support.post("/console/orders/sold", sold).body, o.Number)
		require.NotContains(t, h.log.String(), "CODE-1")
	})
}

func TestCancelOrder(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		p := h.Product("LATER", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		h.Supplied(p, "mute", mute{})
		o := h.place("r-1", "LATER", 3)
		viewer, support := h.browser("vera", operator.Viewer), h.browser("sam", operator.Support)
		at := "/console/orders/" + o.Number
		require.NotContains(t, viewer.get(at).body, "Cancel the order")
		require.Contains(t, support.get(at).body, "Cancel the order")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/cancel", nil).StatusCode)

		wrong := support.post(at+"/cancel", url.Values{"reason": {strings.Repeat("x", 501)}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-cancel-reason-error"`)
		require.Contains(t, wrong.body, strings.Repeat("x", 501), "what was typed is kept")

		done := support.post(at+"/cancel", url.Values{"reason": {"ordered twice"}})
		require.Equal(t, http.StatusOK, done.StatusCode)
		require.Equal(t, at, done.Request.URL.Path)
		require.Contains(t, done.body, "the order is cancelled, 30.00 THB have been given back")
		require.Contains(t, done.body, "ordered twice")
		require.NotContains(t, support.get(at).body, "have been given back so far", "said once")
		h.Stocked("CODE", 10, 5)
		stocked := "/console/orders/" + h.place("r-2", "CODE", 1).Number
		require.NotContains(t, support.get(stocked).body, "Cancel the order", "nothing of it can be")
		again := support.post(stocked+"/cancel", nil)
		require.Equal(t, http.StatusBadRequest, again.StatusCode)
		require.Contains(t, again.body, "NOT_CANCELLABLE")
	})
}
