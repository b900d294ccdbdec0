package marketacc

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
	"orderhub/server/order"
)

const (
	codePrefix = "API"
	codeLength = 10
	// maxQuantity is what the hub can count in one line; nothing has so many units.
	maxQuantity = 1_000_000
)

// handler answers a caller who is known; its error becomes a refusal.
type handler func(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error

// known lets in who has a key.
func (d *Door) known(serve handler) func(http.ResponseWriter, *http.Request, door.Params) {
	return func(w http.ResponseWriter, r *http.Request, p door.Params) {
		caller, err := d.hub.Gate.ByKey(r, keyOf(r), d.limit)
		if err == nil {
			err = serve(w, r, p, &caller)
		}
		if err != nil {
			d.explain(w, r, err)
		}
	}
}

// keyOf is the key that the request carries. The first place that has one
// decides: a wrong key is not rescued by another.
func keyOf(r *http.Request) string {
	for _, value := range r.Header.Values("Authorization") {
		scheme, key, _ := strings.Cut(strings.TrimSpace(value), " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(key)
		}
	}
	if values := r.Header.Values("X-Api-Key"); len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return r.URL.Query().Get("api_key")
}

// index is section 4.1.
func (d *Door) index(w http.ResponseWriter, _ *http.Request, _ door.Params) {
	door.WriteJSON(w, http.StatusOK, indexWire{
		Name: "marketacc-api", Version: "v2",
		Endpoints: endpointsWire{
			Me: "GET /api/v2/me", Categories: "GET /api/v2/categories", Products: "GET /api/v2/products",
			Product: "GET /api/v2/products/{idOrSlug}", CreateOrder: "POST /api/v2/orders",
			Orders: "GET /api/v2/orders", Order: "GET /api/v2/orders/{code}",
		},
	})
}

// me is section 4.2.
func (d *Door) me(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	m, err := d.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	totals, err := d.hub.Accounts.Totals(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toAccount(&m, totals))
	return nil
}

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
	const mostStock = 1 << 40
	filter := catalog.ProductFilter{
		Category: q.values.Get("category"), Currency: caller.Currency,
		MinStock: q.integer("min_stock", 0, 0, mostStock, "must be an integer of at least 0"),
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
	answer := newPage[listedProductWire](page, perPage, int64(len(listed)))
	from := min((page-1)*perPage, int64(len(listed)))
	for i := range listed[from:min(from+perPage, int64(len(listed)))] {
		p := &listed[from+int64(i)]
		answer.Items = append(answer.Items, toListedProduct(p, sold[p.ID]))
	}
	door.WriteJSON(w, http.StatusOK, answer)
	return nil
}

func newPage[T any](page, perPage, total int64) pageWire[T] {
	return pageWire[T]{Items: []T{}, Page: page, PerPage: perPage, Total: total, TotalPages: (total + perPage - 1) / perPage}
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

// createOrder is section 4.6: 201 for a new order, 200 for a replayed one.
func (d *Door) createOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := door.ReadBody(r)
	if err != nil {
		return err
	}
	wanted, err := fromCreateOrder(body)
	if err != nil {
		return err
	}
	placed, err := d.hub.Orders.Create(r.Context(), d.draft(&wanted, caller))
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if placed.Replayed {
		status = http.StatusOK
	}
	door.WriteJSON(w, status, toPlacedOrder(&placed))
	return nil
}

func (d *Door) draft(wanted *createOrderWire, caller *account.Principal) *order.Draft {
	// A product that is none keeps a name that is no SKU: the hub looks at the
	// idempotencyKey first, and then finds no product.
	line := order.DraftLine{SKU: "product " + strconv.FormatInt(wanted.ProductID, 10), Quantity: min(wanted.Quantity, maxQuantity)}
	if p := d.hub.Catalog.Snapshot().ProductByID(wanted.ProductID); p != nil {
		line.SKU = p.SKU
	}
	return &order.Draft{
		MerchantID: caller.MerchantID, Currency: caller.Currency, Reference: wanted.IdempotencyKey, Door: Name,
		Lines: []order.DraftLine{line}, Coupon: wanted.Coupon,
		NewNumber: func() string { return codePrefix + d.hub.IDs.Code(codeLength) },
	}
}

// orders is section 4.7.
func (d *Door) orders(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	page, perPage := q.page()
	filter := order.Filter{WithGoods: true, Limit: int(perPage), Offset: int((page - 1) * perPage)}
	if status := q.values.Get("status"); status != "" {
		var known bool
		if filter.Statuses, known = fromStatus[status]; !known {
			q.bad("status", "must be one of completed, pending, failed")
		}
	}
	if err := q.err(); err != nil {
		return err
	}
	viewer := order.ByMerchant(caller.MerchantID)
	total, err := d.hub.Orders.Count(r.Context(), viewer, filter)
	if err != nil {
		return err
	}
	answer := newPage[listedOrderWire](page, perPage, total)
	if int64(filter.Offset) < total {
		found, err := d.hub.Orders.List(r.Context(), viewer, filter)
		if err != nil {
			return err
		}
		for i := range found {
			answer.Items = append(answer.Items, toListedOrder(&found[i]))
		}
	}
	door.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// order is section 4.8.
func (d *Door) order(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	found, err := d.hub.Orders.Get(r.Context(), order.ByMerchant(caller.MerchantID), p.Get("code"))
	if errors.Is(err, order.ErrNotFound) {
		return notFound("order not found")
	}
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, toOrder(found))
	return nil
}
