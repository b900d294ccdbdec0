package marketacc

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
)

// buyable reports whether an order here, which has nothing but a quantity, can
// be of the product.
func buyable(p *catalog.Product, caller *account.Principal) bool {
	needsMore := slices.ContainsFunc(p.Fields, func(f catalog.Field) bool { return f.Required })
	return p.Active() && p.Currency == caller.Currency && !p.Dated && !needsMore
}

// categories is section 4.3.
func (d *Door) categories(w http.ResponseWriter, _ *http.Request, _ door.Params, caller *account.Principal) error {
	snapshot := d.hub.Catalog.Snapshot()
	counts := make(map[int64]int)
	for _, p := range snapshot.Products() {
		if buyable(p, caller) {
			counts[p.Category.ID]++
		}
	}
	answer := categoriesWire{Items: []categoryWire{}}
	for _, c := range snapshot.Categories() {
		if counts[c.ID] > 0 {
			answer.Items = append(answer.Items, categoryWire{ID: c.ID, Slug: c.Slug, Name: c.Name, ProductCount: counts[c.ID]})
		}
	}
	answer.Total = len(answer.Items)
	door.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// products is section 4.4.
func (d *Door) products(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	filter := catalog.ProductFilter{
		Category: q.values.Get("category"), Currency: caller.Currency,
		MinStock: q.integer("min_stock", 0, 0, math.MaxInt64, "must be an integer of at least 0"),
		MinPrice: q.bound("min_price", true), MaxPrice: q.bound("max_price", false),
	}
	page, perPage := q.page()
	if err := q.err(); err != nil {
		return err
	}
	listed, err := d.hub.Catalog.ListProducts(r.Context(), caller.MerchantID, filter)
	if err != nil {
		return err
	}
	name := strings.ToLower(q.values.Get("q"))
	listed = slices.DeleteFunc(listed, func(p catalog.ListedProduct) bool {
		return !buyable(p.Product, caller) || !strings.Contains(strings.ToLower(p.Name), name)
	})
	sold, err := d.hub.Orders.Sold(r.Context())
	if err != nil {
		return err
	}
	total := int64(len(listed))
	answer := newPage[listedProductWire](page, perPage, total)
	from := answer.before()
	for i := range listed[from:min(from+perPage, total)] {
		p := &listed[from+int64(i)]
		answer.Items = append(answer.Items, toListedProduct(p, sold[p.ID]))
	}
	door.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// product is section 4.5.
func (d *Door) product(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	found := d.find(p.Get("idOrSlug"))
	if found == nil || !buyable(found, caller) {
		return notFound("product not found")
	}
	listed, err := d.hub.Catalog.Listed(r.Context(), caller.MerchantID, found)
	if err != nil {
		return err
	}
	sold, err := d.hub.Orders.Sold(r.Context())
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toProduct(&listed, sold[found.ID]))
	return nil
}

// find looks all digits up as an id and anything else as a slug.
func (d *Door) find(idOrSlug string) *catalog.Product {
	if strings.Trim(idOrSlug, "0123456789") != "" {
		return d.hub.Catalog.Snapshot().ProductBySlug(idOrSlug)
	}
	id, err := strconv.ParseInt(idOrSlug, 10, 64)
	if err != nil {
		return nil
	}
	return d.hub.Catalog.Snapshot().ProductByID(id)
}
