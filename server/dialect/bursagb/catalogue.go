package bursagb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
)

// visible is the number by which the customer orders the product; false when it
// cannot.
func (d *Door) visible(p *catalog.Product, caller *account.Principal) (number int64, ok bool) {
	if p == nil || !p.Active() || p.Currency != caller.Currency || p.Dated {
		return 0, false
	}
	listing := d.hub.Catalog.Snapshot().ListingFor(caller.MerchantID, p.ID)
	if listing == nil {
		return 0, false
	}
	return listingNumber(listing)
}

// categories is a flat list of those with a product that the customer can buy.
func (d *Door) categories(w http.ResponseWriter, _ *http.Request, _ door.Params, caller *account.Principal) error {
	snapshot := d.hub.Catalog.Snapshot()
	used := make(map[int64]bool)
	for _, p := range snapshot.Products() {
		if _, ok := d.visible(p, caller); ok {
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
	body, err := question.Object(r)
	if err != nil {
		return err
	}
	body.Members = append(queryMembers(r), body.Members...)
	read := newReader(body)
	page, size := read.paging(0, defaultProducts)
	size = min(size, mostProducts)
	category, _ := read.Integer("productCategoryID")
	if err := read.Err(); err != nil {
		return err
	}
	list := []productWire{}
	skip := (page - 1) * size
	for _, p := range d.hub.Catalog.Snapshot().Products() {
		number, ok := d.visible(p, caller)
		if !ok || (category != 0 && p.Category.ID != category) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if int64(len(list)) == size {
			break
		}
		product, err := d.product(r.Context(), p, number, caller.MerchantID)
		if err != nil {
			return err
		}
		list = append(list, product)
	}
	return answer(w, list)
}

// queryMembers are the query's parameters, in their order, as if they stood in
// the body. What cannot be decoded is left out.
func queryMembers(r *http.Request) []door.Member {
	var members []door.Member
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr == nil && valueErr == nil && value != "" {
			members = append(members, door.Member{Name: name, Value: door.Value{Kind: door.String, Text: value}})
		}
	}
	return members
}

func (d *Door) product(ctx context.Context, p *catalog.Product, number, merchantID int64) (productWire, error) {
	listed, err := d.hub.Catalog.Listed(ctx, merchantID, p)
	if err != nil {
		return productWire{}, err
	}
	return toProduct(&listed, number), nil
}

// productDetail is one product by the catalogue's number.
func (d *Door) productDetail(
	w http.ResponseWriter, r *http.Request, params door.Params, caller *account.Principal,
) error {
	if _, err := question.Object(r); err != nil {
		return err
	}
	id, ok := parseInteger(params.Get("productID"))
	if !ok {
		return errProductNotFound
	}
	if id < 1 {
		return invalid("productID must be at least 1.")
	}
	p := d.hub.Catalog.Snapshot().ProductByID(id)
	number, ok := d.visible(p, caller)
	if !ok {
		return errProductNotFound
	}
	product, err := d.product(r.Context(), p, number, caller.MerchantID)
	if err != nil {
		return err
	}
	return answer(w, product)
}
