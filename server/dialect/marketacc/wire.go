package marketacc

import (
	"orderhub/server/door"
	"orderhub/server/money"
)

// amount is money as a JSON number without trailing zeros; it never passes
// through floating point.
type amount money.Amount

// shortest is a currency without minor units: amounts in it have only the
// decimals that they need.
const shortest money.Currency = "KRW"

// MarshalJSON writes the number's shortest form.
func (a amount) MarshalJSON() ([]byte, error) {
	return money.Amount(a).Append(nil, shortest), nil
}

// UnmarshalJSON reads a number with at most two decimals, as the partner sends.
func (a *amount) UnmarshalJSON(text []byte) error {
	value, err := money.ParseSigned(string(text), "THB")
	*a = amount(value)
	return err
}

type instant = door.Instant

// indexWire is section 4.1.
type indexWire struct {
	Name      string        `json:"name"`
	Version   string        `json:"version"`
	Endpoints endpointsWire `json:"endpoints"`
}

type endpointsWire struct {
	Me          string `json:"me"`
	Categories  string `json:"categories"`
	Products    string `json:"products"`
	Product     string `json:"product"`
	CreateOrder string `json:"createOrder"`
	Orders      string `json:"orders"`
	Order       string `json:"order"`
}

// accountWire is the Account of section 3.
type accountWire struct {
	ID           int64   `json:"id"`
	Username     string  `json:"username"`
	Email        string  `json:"email"`
	Balance      amount  `json:"balance"`
	Currency     string  `json:"currency"`
	TotalDeposit amount  `json:"totalDeposit"`
	TotalSpent   amount  `json:"totalSpent"`
	Points       int64   `json:"points"`
	OrderCount   int64   `json:"orderCount"`
	Role         string  `json:"role"`
	CreatedAt    instant `json:"createdAt"`
}

type categoryWire struct {
	ID           int64  `json:"id"`
	Slug         string `json:"slug"`
	Name         string `json:"name"`
	ProductCount int    `json:"productCount"`
}

type categoriesWire struct {
	Items []categoryWire `json:"items"`
	Total int            `json:"total"`
}

// listedProductWire is a product in a list.
type listedProductWire struct {
	ID           int64  `json:"id"`
	Name         string `json:"name"`
	Slug         string `json:"slug"`
	CategorySlug string `json:"categorySlug"`
	Price        amount `json:"price"`
	Stock        int64  `json:"stock"`
	Sold         int64  `json:"sold"`
	Format       string `json:"format"`
}

// productWire is a product alone.
type productWire struct {
	ID          int64               `json:"id"`
	Name        string              `json:"name"`
	Slug        string              `json:"slug"`
	Category    productCategoryWire `json:"category"`
	Price       amount              `json:"price"`
	Stock       int64               `json:"stock"`
	Sold        int64               `json:"sold"`
	Description string              `json:"description"`
	Format      string              `json:"format"`
	CreatedAt   instant             `json:"createdAt"`
}

type productCategoryWire struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// pageWire is one page of a list.
type pageWire[T any] struct {
	Items      []T   `json:"items"`
	Page       int64 `json:"page"`
	PerPage    int64 `json:"perPage"`
	Total      int64 `json:"total"`
	TotalPages int64 `json:"totalPages"`
}

func newPage[T any](page, perPage, total int64) pageWire[T] {
	pages := total / perPage
	if total%perPage > 0 {
		pages++
	}
	return pageWire[T]{Items: []T{}, Page: page, PerPage: perPage, Total: total, TotalPages: pages}
}

// before is how many entries come before the page: all of them when it is past
// the last, however far.
func (p *pageWire[T]) before() int64 {
	if p.Page > p.TotalPages {
		return p.Total
	}
	return (p.Page - 1) * p.PerPage
}

// createOrderWire is the body of section 4.6, as a client sends it.
type createOrderWire struct {
	ProductID      int64  `json:"productId"`
	Quantity       int64  `json:"quantity"`
	Coupon         string `json:"coupon,omitempty"`
	IdempotencyKey string `json:"idempotencyKey,omitempty"`
}

// placedOrderWire is the order as POST answers it: with the balance, and without
// the items' status.
type placedOrderWire struct {
	ID         int64            `json:"id"`
	Code       string           `json:"code"`
	Status     string           `json:"status"`
	Subtotal   amount           `json:"subtotal"`
	Discount   amount           `json:"discount"`
	Total      amount           `json:"total"`
	Balance    amount           `json:"balance"`
	Items      []placedItemWire `json:"items"`
	CreatedAt  instant          `json:"createdAt"`
	Idempotent bool             `json:"idempotent,omitempty"`
}

type placedItemWire struct {
	ProductID   int64   `json:"productId"`
	ProductName string  `json:"productName"`
	Quantity    int64   `json:"quantity"`
	UnitPrice   amount  `json:"unitPrice"`
	Data        *string `json:"data"` // one line per unit; null without goods
}

// orderWire is one order read.
type orderWire struct {
	ID        int64      `json:"id"`
	Code      string     `json:"code"`
	Status    string     `json:"status"`
	Subtotal  amount     `json:"subtotal"`
	Discount  amount     `json:"discount"`
	Total     amount     `json:"total"`
	Items     []itemWire `json:"items"`
	CreatedAt instant    `json:"createdAt"`
}

// listedOrderWire is an order in a list.
type listedOrderWire struct {
	ID        int64      `json:"id"`
	Code      string     `json:"code"`
	Status    string     `json:"status"`
	Total     amount     `json:"total"`
	CreatedAt instant    `json:"createdAt"`
	Items     []itemWire `json:"items"`
}

type itemWire struct {
	ProductID   int64   `json:"productId"`
	ProductName string  `json:"productName"`
	Quantity    int64   `json:"quantity"`
	UnitPrice   amount  `json:"unitPrice"`
	Status      string  `json:"status"`
	Data        *string `json:"data"`
}

// errorWire is section 5.
type errorWire struct {
	Error errorBodyWire `json:"error"`
}

type errorBodyWire struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Details []detailWire `json:"details,omitempty"`
}

type detailWire struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}
