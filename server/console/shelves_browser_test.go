package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/operator"
)

// Somebody who keeps the stock looks at what a file would do, imports it, and finds that in the record.
func TestStockIsFilled(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("EPIN", 25, 2)
		h.Product("GOLD", 1000, nil)
		b := h.chromium("kim", operator.Catalogue, operator.Finance)
		b.Press("Catalogue")
		b.See("EPIN")
		b.Accessible()
		b.Picture("catalogue")
		b.Press("EPIN")
		b.See("2 units can be sold now.")
		b.Accessible()
		b.Press("Import units…")
		b.Accessible()
		const codes = "EPIN-1\nAAAA-1111\nBBBB\t2222\nCCCC-3333\n"
		b.Upload("File", "codes.txt", codes)
		b.Press("Look at the file")
		b.See("What codes.txt would do")
		b.See("contains a control character")
		b.See("Nothing is imported yet.")
		b.NotSee("AAAA")
		require.NotContains(t, consoletest.Evaluate[string](b, `document.documentElement.outerHTML`), "AAAA")
		b.Accessible()
		b.Picture("units")
		b.Upload("File", "codes.txt", codes+"DDDD-4444\n")
		b.Press("Import 2 units")
		b.See("This is not the file that was looked at before")
		b.Upload("File", "codes.txt", codes)
		b.Press("Look at the file")
		b.Upload("File", "codes.txt", codes)
		b.Press("Import 2 units")
		b.See("put 2 units on sale, and refused 2 lines.")
		b.See("4 units can be sold now.")
		b.Accessible()

		b.Press("Audit")
		b.Fill("Operator", "kim")
		b.Fill("To one of these", "product")
		b.Fill("To this one", "EPIN")
		b.Press("Search")
		b.See("CatalogService.ImportUnits")
		b.Accessible()
		b.Picture("audit")
		b.Press(consoletest.Evaluate[string](b, `document.querySelector("tr.link th a").textContent`))
		b.See("by console")
		b.See("codes.txt")
		b.NotSee("AAAA")
		b.Accessible()
	})
}

// The pages of the catalogue and of operators are for everybody to use, at a desk and on a telephone.
func TestShelvesAreAccessible(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("EPIN", 25, 2)
	h.Ticket("PARK", 100, 30, "2030-05-01", "2030-05-02")
	b := h.chromium("ada", operator.Admin)
	b.Visit("/console/catalogue/new-coupon")
	b.Accessible()
	b.Fill("Code", "MAY10")
	b.Fill("Per cent off", "10")
	b.Press("Create")
	b.See("Orders can use MAY10.")
	b.Unfold("Change…")
	b.Accessible()
	b.Visit("/console/catalogue/products/PARK?month=2030-05")
	b.Picture("calendar")
	b.Unfold("Set tickets…")
	b.Fill("Tickets of each day", "50")
	consoletest.Evaluate[bool](b, `(document.querySelector("[name=from]").value = "2030-05-06", true)`)
	b.Press("Set")
	b.See("0 of 50")
	for _, path := range []string{
		"/console/catalogue/products/PARK?month=2030-05", "/console/catalogue/new", "/console/catalogue/imports",
		"/console/catalogue/coupons", "/console/catalogue/categories", "/console/catalogue/categories/things",
		"/console/operators", "/console/operators/ada", "/console/audit",
	} {
		b.Visit(path)
		b.Accessible()
		b.Resize(360, 740)
		b.Accessible()
		b.Resize(1280, 900)
	}
	b.Visit("/console/operators")
	b.Picture("operators")
	b.Visit("/console/operators/ada")
	b.Unfold("New key…")
	b.Fill("What it is for", "laptop")
	b.Press("Create the key")
	b.See("Key 1, laptop")
	b.Accessible()
	b.Press("Back to ada")
	b.Unfold("Invite…")
	b.Press("Invite")
	b.See("/console/join#")
	b.Accessible()
}

// Units are imported without script, too.
func TestImportWithoutScript(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("EPIN", 25, 2)
	b := consoletest.Open(t, h.server.URL)
	b.WithoutScript()
	h.operator("kim", operator.Catalogue)
	b.Visit("/console/catalogue/products/EPIN/units")
	b.Fill("Name", "kim")
	b.Fill("Password", passwordOf("kim"))
	b.Press("Sign in")
	b.Upload("File", "codes.txt", "AAAA-1111\n")
	b.Press("Look at the file")
	b.Upload("File", "codes.txt", "AAAA-1111\n")
	b.Press("Import 1 unit")
	b.See("put 1 unit on sale, and refused 0 lines.")
}
