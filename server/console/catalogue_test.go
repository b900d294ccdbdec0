package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// evil is a text that would do something if a page took it for markup.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

// plainly says that a page has a text as text.
func plainly(t *testing.T, page string) {
	t.Helper()
	require.NotContains(t, page, "<script>alert")
	require.NotContains(t, page, "<img src=x")
	require.Contains(t, page, "&lt;script&gt;alert(1)")
}

// product is what a form says of a new one.
func product(sku string, more ...string) url.Values {
	form := url.Values{
		"sku": {sku}, "name": {"Product " + sku}, "category": {"goods"}, "price": {"12.50"}, "currency": {"thb"},
		"status": {"active"}, "source": {"stock"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestCategories(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		empty := keeper.get("/console/catalogue/categories")
		require.Contains(t, empty.body, "orderhub category create")
		require.Contains(t, keeper.get("/console/catalogue/new").body, "There is no category yet.")
		form := url.Values{"slug": {"goods"}, "name": {evil}, "description": {evil}}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/catalogue/categories/create", form).StatusCode)
		made := keeper.post("/console/catalogue/categories/create", form)
		require.Equal(t, http.StatusOK, made.StatusCode)
		require.Contains(t, made.body, "There is a category goods now.")
		plainly(t, made.body)
		twice := keeper.post("/console/catalogue/categories/create", form)
		require.Equal(t, http.StatusConflict, twice.StatusCode)

		at := "/console/catalogue/categories/goods"
		require.Equal(t, http.StatusForbidden, viewer.get(at).StatusCode)
		require.NotContains(t, viewer.get("/console/catalogue/categories").body, "New category")
		require.Equal(t, http.StatusNotFound, keeper.get("/console/catalogue/categories/none").StatusCode)
		one := keeper.get(at)
		plainly(t, one.body)
		change := url.Values{"seen": {hidden(t, one.body, "seen")}, "name": {"Goods"}, "description": {"All\r\nof them"}}
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/change", change).StatusCode)
		require.Contains(t, keeper.post(at+"/change", change).body, "The category goods is changed.")
		stale := keeper.post(at+"/change", change)
		require.Equal(t, http.StatusConflict, stale.StatusCode)
		require.Contains(t, stale.body, "Somebody else has changed it meanwhile.")
		require.Contains(t, keeper.get(at).body, "All\nof them")
	})
}

// hidden is the value of a hidden field of a page.
func hidden(t *testing.T, page, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `type="hidden" name="`+name+`" value="`)
	require.True(t, found, "no hidden %s", name)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestCatalogue(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		require.Contains(t, viewer.get("/console/catalogue").body, "orderhub product import")
		keeper.post("/console/catalogue/categories/create", url.Values{"slug": {"goods"}, "name": {"Goods"}})
		for i := range 51 {
			h.Product(fmt.Sprintf("P-%02d", i), 10, nil)
		}
		first := viewer.get("/console/catalogue")
		require.Equal(t, 50, strings.Count(first.body, `<tr class="link"`))
		require.Contains(t, viewer.get(hrefOf(t, first.body, `rel="next"`)).body, "P-50")
		made := keeper.post("/console/catalogue/new/create", product("NEW", "name", evil, "description", evil,
			"attributes", "partner.note="+evil, "fields", `[{"identifier": "player", "title": "<script>alert(1)</script>"}]`))
		require.Equal(t, http.StatusOK, made.StatusCode, made.body)
		require.Equal(t, "/console/catalogue/products/NEW", made.Request.URL.Path)
		plainly(t, made.body)
		list := viewer.get("/console/catalogue?query=new")
		plainly(t, list.body)
		require.Contains(t, list.body, `12.50 <abbr>THB</abbr>`)
		require.Equal(t, 1, strings.Count(list.body, `<tr class="link"`))
		for query, found := range map[string]bool{
			"category=goods&query=NEW": true, "category=none": false, "minPrice=12.50&maxPrice=12.50": true,
			"minPrice=12.51&query=NEW": false, "minStock=1&query=NEW": false, "merchant=shop&query=NEW": true,
		} {
			require.Equal(t, found, strings.Contains(viewer.get("/console/catalogue?"+query).body, "products/NEW"), query)
		}
		require.Equal(t, http.StatusBadRequest, viewer.get("/console/catalogue?minStock=many").StatusCode)
		plainly(t, viewer.get("/console/catalogue?query="+url.QueryEscape(evil)).body)

		for _, path := range []string{"/console/catalogue/new", "/console/catalogue/new-coupon"} {
			require.Equal(t, http.StatusForbidden, viewer.get(path).StatusCode)
			require.Equal(t, http.StatusForbidden, viewer.post(path+"/create", product("MINE")).StatusCode)
		}
		for field, value := range map[string]string{
			"price": "cheap", "minQuantity": "some", "fulfilWithin": "soon", "attributes": "no sign", "fields": "{}",
			"maxQuantity": "2000000", "sku": "-",
		} {
			wrong := keeper.post("/console/catalogue/new/create", product("MINE", field, value))
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode, field)
			require.Contains(t, wrong.body, `id="f-`+field+`-error"`)
			require.Contains(t, wrong.body, value, "what was typed is kept")
		}
	})
}

func TestProduct(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		h.Stocked("CODE", 10, 5)
		at := "/console/catalogue/products/CODE"
		page := keeper.get(at)
		require.Contains(t, page.body, "<strong>5 units</strong> can be sold now")
		require.NotContains(t, page.body, "orderhub offer create CODE")
		look := viewer.get(at).body
		for _, act := range []string{"Import units", "Archive", "Change…", "Withdraw"} {
			require.NotContains(t, look, act)
		}
		require.Equal(t, http.StatusNotFound, viewer.get("/console/catalogue/products/NONE").StatusCode)

		form := product(
			"CODE", "name", "Codes", "price", "1,011.00", "minQuantity", "1", "maxQuantity", "7",
			"category", categoryOf(t, page.body),
		)
		form.Set("version", hidden(t, page.body, "version"))
		form.Set("slug", "code")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/change", form).StatusCode)
		changed := keeper.post(at+"/change", form)
		require.Contains(t, changed.body, "Changed: name, price, max quantity.")
		require.Contains(t, changed.body, `1,011.00 <abbr>THB</abbr>`)

		// Another's change in between is not lost, however often the form is sent again.
		form.Set("name", "Mine")
		for range 2 {
			stale := keeper.post(at+"/change", form)
			require.Equal(t, http.StatusConflict, stale.StatusCode)
			require.Contains(t, stale.body, "STALE_VERSION")
			require.Contains(t, stale.body, `value="Mine"`, "what was typed is kept")
			form.Set("version", hidden(t, stale.body, "version"))
		}
		form.Set("version", hidden(t, keeper.get(at).body, "version"))
		require.Contains(t, keeper.post(at+"/change", form).body, "Changed: name.")
		form.Set("version", hidden(t, keeper.get(at).body, "version"))
		require.Contains(t, keeper.post(at+"/change", form).body, "Nothing was changed.")

		require.Equal(t, http.StatusForbidden, viewer.post(at+"/archive", nil).StatusCode)
		require.Contains(t, keeper.post(at+"/archive", nil).body, "CODE is off sale.")
		require.NotContains(t, keeper.get("/console/catalogue").body, "products/CODE")
		require.Contains(t, keeper.get("/console/catalogue?showArchived=yes").body, "products/CODE")
	})
}

// categoryOf is what is chosen in the form of a product.
func categoryOf(t *testing.T, page string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `name="category"`)
	require.True(t, found)
	rest, _, _ = strings.Cut(rest, `" selected`)
	return rest[strings.LastIndexByte(rest, '"')+1:]
}

func TestAllotments(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		h.Ticket("PARK", 100, 30, "2030-05-01", "2030-05-02")
		at := "/console/catalogue/products/PARK"
		may := viewer.get(at + "?month=2030-05").body
		require.Contains(t, may, "May 2030")
		require.Equal(t, 2, strings.Count(may, "0 of 30"))
		require.Contains(t, may, "month=2030-04")
		require.Contains(t, may, "month=2030-06")
		require.NotContains(t, may, "Set tickets")
		require.Contains(t, may, "Its tickets are counted by day, below.")
		require.NotContains(t, may, "Offers of providers", "its goods are our own")
		h.Product("BOUGHT", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		require.Contains(t, viewer.get("/console/catalogue/products/BOUGHT").body, "orderhub offer create BOUGHT")
		list := viewer.get("/console/catalogue?query=PARK").body
		require.Contains(t, list, `<span class="small">by day</span>`)
		require.NotContains(t, list, "unlimited")
		require.Equal(t, http.StatusBadRequest, viewer.get(at+"?month=May").StatusCode)

		form := url.Values{"from": {"2030-06-01"}, "to": {"2030-06-30"}, "weekday": {"6", "0"}, "capacity": {"50"}}
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/allot", form).StatusCode)
		set := keeper.post(at+"/allot?month=2030-05", form)
		require.Equal(t, http.StatusOK, set.StatusCode, set.body)
		require.Contains(t, set.body, "50 tickets on each of 10 days, from 2030-06-01 to 2030-06-30.")
		require.Equal(t, 10, strings.Count(set.body, "0 of 50"))
		for field, value := range map[string]string{
			"from": "soon", "to": "2030-05-31", "weekday": "9", "capacity": "many",
		} {
			wrong := url.Values{"from": form["from"], "to": form["to"], "capacity": {"5"}, field: {value}}
			refused := keeper.post(at+"/allot?month=2030-06", wrong)
			require.Equal(t, http.StatusBadRequest, refused.StatusCode, field)
			said := `id="f-` + field + `-error"`
			if field == "weekday" { // boxes, which have no line of their own
				said = "<p>Weekday: "
			}
			require.Contains(t, refused.body, said, field)
			require.Contains(t, refused.body, "June 2030")
		}
		tooMany := keeper.post(at+"/allot", url.Values{"from": {"2030-01-01"}, "to": {"2036-01-01"}, "capacity": {"5"}})
		require.Contains(t, tooMany.body, "more than 1000 days")
		draft := storetest.Draft(h.shop, "r-1", "PARK", 30)
		draft.Lines[0].UseDate = "2030-05-01"
		_, err := h.Orders.Create(t.Context(), draft)
		require.NoError(t, err)
		require.Contains(t, viewer.get(at+"?month=2030-05").body, "sold out")
		low := keeper.post(at+"/allot?month=2030-05", url.Values{"from": {"2030-05-01"}, "capacity": {"29"}})
		require.Equal(t, http.StatusBadRequest, low.StatusCode)
		require.Contains(t, low.body, `id="f-capacity-error"`)
	})
}

func TestCoupons(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
		require.Contains(t, viewer.get("/console/catalogue/coupons").body, "orderhub coupon create")
		h.Stocked("CODE", 10, 1)
		form := url.Values{
			"code": {"may10"}, "percent": {"10"}, "products": {"CODE"}, "maxUses": {"5"}, "startTime": {"2030-05-01T08:00"},
			"status": {"active"},
		}
		made := keeper.post("/console/catalogue/new-coupon/create", form)
		require.Equal(t, http.StatusOK, made.StatusCode, made.body)
		at := "/console/catalogue/coupons/MAY10"
		require.Equal(t, at, made.Request.URL.Path)
		require.Contains(t, made.body, "10 %")
		require.Contains(t, viewer.get("/console/catalogue/products/CODE").body, "coupons/MAY10")
		require.Contains(t, viewer.get("/console/catalogue/coupons").body, "0 of 5")
		require.NotContains(t, viewer.get(at).body, "<form method=\"post\" action=\""+at)

		form.Set("seen", hidden(t, made.body, "seen"))
		form.Set("percent", "")
		form.Set("amount", "5.00")
		wrong := keeper.post(at+"/change", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-currency-error"`)
		form.Set("currency", "THB")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/change", form).StatusCode)
		changed := keeper.post(at+"/change", form)
		require.Contains(t, changed.body, "Changed: percent, amount, currency.")
		stale := keeper.post(at+"/change", form)
		require.Equal(t, http.StatusConflict, stale.StatusCode)
		require.Contains(t, stale.body, "Somebody else has changed it meanwhile.")
		form.Set("seen", hidden(t, keeper.get(at).body, "seen"))
		require.Contains(t, keeper.post(at+"/change", form).body, "Nothing was changed.")

		unknown := url.Values{"code": {evil}, "percent": {"10"}, "products": {evil}}
		refused := keeper.post("/console/catalogue/new-coupon/create", unknown)
		require.Equal(t, http.StatusBadRequest, refused.StatusCode)
		plainly(t, refused.body)
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/archive", nil).StatusCode)
		require.Contains(t, keeper.post(at+"/archive", nil).body, "No order can use MAY10 any more.")
		require.Equal(t, http.StatusNotFound, viewer.get("/console/catalogue/coupons/NONE").StatusCode)
	})
}
