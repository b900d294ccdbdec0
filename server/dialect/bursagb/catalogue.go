package bursagb

import (
	"net/http"
	"strconv"
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
)

// visible is the customer's own listing of the product, or nil: products are
// ordered by the numbers that listings give them.
func (d *Door) visible(p *catalog.Product, caller *account.Principal) *catalog.Listing {
	if p == nil || !p.Active() || p.Currency != caller.Currency || p.Dated {
		return nil
	}
	return d.hub.Catalog.Snapshot().ListingFor(caller.MerchantID, p.ID)
}

// categories is a flat list of those with a product that the customer can buy.
func (d *Door) categories(w http.ResponseWriter, _ *http.Request, _ door.Params, caller *account.Principal) error {
	snapshot := d.hub.Catalog.Snapshot()
	used := make(map[int64]bool)
	for _, p := range snapshot.Products() {
		if d.visible(p, caller) != nil {
			used[p.Category.ID] = true
		}
	}
	list := []categoryWire{}
	for _, c := range snapshot.Categories() {
		if used[c.ID] {
			list = append(list, categoryWire{ProductCategoryID: c.ID, CategoryName: c.Name})
		}
	}
	return answer(w, list)
}

const (
	defaultProducts = 20
	mostProducts    = 1000 // one client asks for as many
)

// listProducts is section 5.5; the body wins over the query.
func (d *Door) listProducts(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := readObject(r, true)
	if err != nil {
		return err
	}
	body.Members = append(queryMembers(r), body.Members...)
	read := &reader{}
	page, size := read.paging(body, 0, defaultProducts)
	size = min(size, mostProducts)
	category, _ := read.integer(body, "productCategoryID", "productCategoryID")
	if err := read.err(); err != nil {
		return err
	}
	list := []productWire{}
	skip := (page - 1) * size
	for _, p := range d.hub.Catalog.Snapshot().Products() {
		product, ok, err := d.product(r, p, caller)
		if err != nil {
			return err
		}
		if !ok || (category != 0 && p.Category.ID != category) {
			continue
		}
		if skip--; skip < 0 && int64(len(list)) < size {
			list = append(list, product)
		}
	}
	return answer(w, list)
}

// queryMembers are the query's parameters as if they stood in the body.
func queryMembers(r *http.Request) []door.Member {
	var members []door.Member
	for name, values := range r.URL.Query() {
		if len(values) > 0 && values[0] != "" {
			members = append(members, door.Member{Name: name, Value: door.Value{Kind: door.String, Text: values[0]}})
		}
	}
	return members
}

// product is what the customer sees of a product; false when it is not visible.
func (d *Door) product(r *http.Request, p *catalog.Product, caller *account.Principal) (productWire, bool, error) {
	listing := d.visible(p, caller)
	if listing == nil {
		return productWire{}, false, nil
	}
	listed, err := d.hub.Catalog.Listed(r.Context(), caller.MerchantID, p)
	if err != nil {
		return productWire{}, false, err
	}
	product, ok := toProduct(&listed, listing)
	return product, ok, nil
}

// productDetail is one product by the catalogue's number.
func (d *Door) productDetail(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	if _, err := readObject(r, true); err != nil {
		return err
	}
	text := p.Get("productID")
	id, ok := parseInteger(text)
	if ok && id < 1 {
		return invalid("productID must be at least 1.")
	}
	if !ok || strings.TrimLeft(text, "0") != strconv.FormatInt(id, 10) {
		return errProductNotFound
	}
	product, ok, err := d.product(r, d.hub.Catalog.Snapshot().ProductByID(id), caller)
	if err != nil {
		return err
	}
	if !ok {
		return errProductNotFound
	}
	return answer(w, product)
}
