package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// lister is a provider that only lists.
type lister struct{ items []dialect.Item }

func (*lister) Idempotent() bool { return true }

func (*lister) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

func (l *lister) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	return take(append([]dialect.Item(nil), l.items...))
}

func listedItem(sku string, cost int64) dialect.Item {
	return dialect.Item{
		SKU: sku, Name: "Item " + sku, Cost: storetest.Baht(cost), Currency: storetest.THB, Stock: -1, Available: true,
	}
}

func TestFollowingAList(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
		l := &lister{items: []dialect.Item{
			listedItem("OWN", 10), listedItem("A", 20), listedItem("B", 20), listedItem("C", 20),
		}}
		p := h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		h.Supplied(p, "topups", l)
		const at = "/console/providers/topups"
		require.Contains(t, viewer.get(at).body, "Read only when somebody asks")
		require.NotContains(t, viewer.get(at).body, "Read its list now")
		for _, act := range []string{"/follow", "/policy", "/proposals/accept", "/proposals/dismiss"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+act, nil).StatusCode, act)
		}
		policy := url.Values{
			"interval": {"15"}, "newItems": {"import"}, "holdGonePercent": {"30"}, "holdRisePercent": {""},
			"seen": seen(keeper.get(at)),
		}
		require.Contains(t, keeper.post(at+"/policy", policy).body, "Read every 15 minutes; new items: import")
		require.Equal(t, http.StatusConflict, keeper.post(at+"/policy", policy).StatusCode, "as it was before")
		wrong := keeper.post(at+"/policy", url.Values{
			"interval": {"soon"}, "newItems": {"import"}, "seen": seen(keeper.get(at)),
		})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, "This is not a whole number.")

		first := keeper.post(at+"/follow", nil)
		require.Contains(t, first.body, "The list was read: applied.")
		require.Contains(t, first.body, "/console/providers/topups")
		require.Contains(t, viewer.get(at).body, "/console/syncs/1")

		proposals := keeper.get(at + "/proposals")
		require.Contains(t, proposals.body, "Item A")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{"category": {"things"}}).body,
			"Tick what is meant.")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{
			"proposals": {"1"}, "category": {"things"}, "markupPercent": {"10"},
		}).body, "Imported 1.")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{
			"proposals": {"2"}, "product": {"NONE"},
		}).body, "PRODUCT_NOT_FOUND")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{
			"proposals": {"3"}, "product": {"OWN"},
		}).body, "Imported 1.")
		require.Contains(t, keeper.get("/console/catalogue/products/OWN").body, "<td>C</td>")
		require.Contains(t, keeper.post(at+"/proposals/accept", url.Values{"proposals": {"2"}, "dismiss": {"1"}}).body,
			"Dismissed 1.")
		require.Contains(t, keeper.get(at+"/proposals").body, "Nothing is proposed.")

		l.items = []dialect.Item{listedItem("OWN", 10), listedItem("A", 50), listedItem("C", 20)}
		held := keeper.post(at+"/follow", nil)
		require.Contains(t, held.body, "The list was read: held.")
		require.Contains(t, held.body, "the cost of A went from THB 20.00 to THB 50.00")
		require.Contains(t, viewer.get("/console/today").body, "/console/syncs?status=held")
		require.Contains(t, viewer.get("/console/syncs?status=held").body, "/console/syncs/2")
		require.NotContains(t, viewer.get("/console/syncs?status=applied").body, "/console/syncs/2")
		require.Contains(t, viewer.get("/console/syncs?provider=nobody").body, `id="f-provider-error"`)
		require.Contains(t, keeper.post("/console/syncs/2/approve", nil).body, "Approved: the list is taken over.")
		require.Equal(t, http.StatusForbidden, viewer.post("/console/syncs/2/undo", nil).StatusCode)
		require.Contains(t, keeper.post("/console/syncs/2/undo-change", url.Values{
			"change": {"2"}, "lock": {"1"},
		}).body, "Undone.")
		require.Contains(t, keeper.post("/console/syncs/2/undo", url.Values{"lock": {"1"}}).body, "Undone, wherever")
	})
}

var seenInput = regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`)

// seen is what a form of a page says of how things were.
func seen(page answer) []string { return seenInput.FindStringSubmatch(page.body)[1:] }

// Rules are added, changed and moved; the first that fits then imports.
func TestImportRules(t *testing.T) {
	h := startSQLite(t)
	viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
	own := h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	h.Supplied(own, "topups", &lister{items: []dialect.Item{listedItem("OWN", 10), listedItem("A", 20)}})
	const provider, at = "/console/providers/topups", "/console/providers/topups/rules"
	require.Contains(t, viewer.get(provider).body, at)
	require.NotContains(t, viewer.get(at).body, "Add a rule")
	for _, act := range []string{"/set", "/move", "/remove"} {
		require.Equal(t, http.StatusForbidden, viewer.post(at+act, nil).StatusCode, act)
	}
	post := func(to string, form url.Values) answer {
		form["seen"] = seen(keeper.get(at))
		return keeper.post(at+to, form)
	}
	for input, text := range map[string]string{
		"category": "", "markupPercent": "lots", "roundUpTo": "1.00", "currency": "ZZZ", "saleCurrency": "ZZZ",
	} {
		form := url.Values{"category": {"things"}, "matchName": {"typed"}}
		form.Set(input, text)
		wrong := post("/set", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode, input)
		require.Contains(t, wrong.body, `id="f-set-`+input+`-error"`)
		require.Contains(t, wrong.body, `value="typed"`)
	}
	stale := url.Values{"seen": seen(keeper.get(at)), "category": {"things"}, "matchName": {evil}}
	all := url.Values{"category": {"things"}, "markupPercent": {"20"}}
	require.Contains(t, post("/set", all).body, "The rule is set.")
	lost := keeper.post(at+"/set", stale)
	require.Equal(t, http.StatusConflict, lost.StatusCode)
	plainly(t, lost.body)
	require.Contains(t, post("/set", url.Values{
		"category": {"things"}, "matchName": {"item*a"}, "currency": {"thb"}, "markupPercent": {"12.5"},
		"roundUpTo": {"1,000.00"}, "skuPrefix": {"TOP-"},
	}).body, "1000.00")
	for _, number := range []string{"", "1", "3", "x"} {
		require.Equal(t, http.StatusBadRequest, post("/move", url.Values{"number": {number}}).StatusCode, number)
	}
	require.Contains(t, post("/move", url.Values{"number": {"2"}}).body, "Moved.")
	changing := keeper.get(at + "?rule=1").body
	require.Contains(t, changing, `value="item*a"`)
	require.Contains(t, changing, `value="12.5"`)
	require.Contains(t, post("/set?rule=1", url.Values{
		"category": {"things"}, "matchName": {"item*a"}, "markupPercent": {"50"}, "skuPrefix": {"TOP-"},
	}).body, "50 %")
	policy := url.Values{"newItems": {"import"}, "seen": seen(keeper.get(provider))}
	require.Contains(t, keeper.post(provider+"/policy", policy).body, "2 rules")
	require.Contains(t, keeper.post(provider+"/follow", nil).body, "The list was read: applied.")
	require.Contains(t, keeper.get("/console/catalogue/products/TOP-A").body, "30.00")
	require.Contains(t, post("/remove", url.Values{"number": {"1"}}).body, "The rule is removed.")
	rules := keeper.get(at).body
	require.NotContains(t, rules, "TOP-")
	require.Contains(t, rules, "20 %")
}

// Somebody sets rules up, and puts them in order.
func TestImportRulesInABrowser(t *testing.T) {
	h := startSQLite(t)
	own := h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	h.Supplied(own, "topups", &lister{})
	b := h.chromium("carl", operator.Catalogue)
	add := func(name, markup string) {
		b.Visit("/console/providers/topups/rules")
		b.Unfold("Add a rule…")
		b.Fill("Its name has", name)
		b.Fill("Markup on the cost", markup)
		b.Choose("Category of the products", "Things (things)")
		b.Press("Add")
		b.See("The rule is set.")
	}
	add("diamond", "10")
	add("gold", "20")
	b.Press("Up with rule 2")
	b.See("Moved.")
	b.Press("Change rule 1")
	b.Fill("Markup on the cost", "lots")
	b.Press("Set rule 1")
	b.See("look at the field below")
	b.Accessible()
	b.Fill("Markup on the cost", "25")
	b.Press("Set rule 1")
	b.See("25 %")
	b.Accessible()
	b.Picture("rules")
	b.Press("Remove rule 2")
	b.NotSee("diamond")
}
