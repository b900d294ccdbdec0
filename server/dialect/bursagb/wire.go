package bursagb

import (
	"encoding/json"
	"time"

	"orderhub/server/money"
)

// price is money as a JSON number with two decimals; it never passes through
// floating point.
type price money.Amount

// twoDecimals is a currency whose amounts have the decimals that the partner's
// have, whatever the wallet's currency.
const twoDecimals money.Currency = "TRY"

// MarshalJSON writes two decimals.
func (p price) MarshalJSON() ([]byte, error) { return money.Amount(p).Append(nil, twoDecimals), nil }

// UnmarshalJSON reads a number with at most two decimals.
func (p *price) UnmarshalJSON(text []byte) error {
	value, err := money.ParseSigned(string(text), twoDecimals)
	*p = price(value)
	return err
}

// second is a time in UTC, in whole seconds.
type second time.Time

// MarshalJSON writes ISO 8601 with a Z.
func (s second) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(s).UTC().Format(time.RFC3339))
}

func (s *second) UnmarshalJSON(text []byte) error {
	t, err := time.Parse(`"`+time.RFC3339+`"`, string(text))
	*s = second(t)
	return err
}

// envelope is every answer, section 2. Data is null without a result.
type envelope[T any] struct {
	Data    T      `json:"data"`
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// loginWire is the request of section 3.
type loginWire struct {
	Email        string  `json:"Email"`
	Password     string  `json:"Password"`
	CallbackData *string `json:"callbackData,omitempty"`
}

type tokenWire struct {
	Token          string  `json:"Token"`
	Expiration     second  `json:"Expiration"`
	CallbackData   *string `json:"callbackData"`
	CustomerAPIKey string  `json:"customerApiKey"`
}

// createOrderWire is the request of section 4, as a client sends it.
type createOrderWire struct {
	BasketData       []lineWire `json:"basketData"`
	BillingAddressID int64      `json:"BillingAddressID,omitempty"`
	NotifyURL        string     `json:"NotifyURL,omitempty"`
}

type lineWire struct {
	DeliverID              string        `json:"DeliverID"`
	CustomerStoreProductID int64         `json:"CustomerStoreProductID"`
	Quantity               int64         `json:"Quantity"`
	RequireData            []requireWire `json:"RequireData,omitzero"`
}

type requireWire struct {
	ProductRequireID int64  `json:"ProductRequireID"`
	Identifier       string `json:"Identifier,omitempty"`
	Value            string `json:"Value"`
}

// orderWire is the answer's data: details on success, items on refusal.
type orderWire struct {
	OrderID int64        `json:"OrderID"`
	Details []detailWire `json:"details"`
	Items   []itemWire   `json:"items"`
}

type detailWire struct {
	DeliverID     string `json:"DeliverID"`
	OrderDetailID int64  `json:"OrderDetailID"`
	Quantity      int64  `json:"Quantity"`
	Price         price  `json:"Price"` // of one unit
}

type itemWire struct {
	ProductID int64  `json:"ProductID"`
	Quantity  int64  `json:"Quantity"`
	StoreName string `json:"StoreName"`
	Reason    string `json:"reason"`
}

// keptWire is the data of a cancel that not every line followed: those that did not.
type keptWire struct {
	Details []listedDetailWire `json:"details"`
}

// deliveryWire is one line's state: the data of order detail, and the body of
// the callback of section 6.
type deliveryWire struct {
	DeliverID     string   `json:"DeliverID"`
	OrderDetailID int64    `json:"OrderDetailID"`
	Status        int      `json:"Status"`
	DeliveryData  []string `json:"DeliveryData"`
	DeliveryNote  []string `json:"DeliveryNote"`
}

// cancelWire names one line, or an order.
type cancelWire struct {
	OrderDetailID int64 `json:"OrderDetailID,omitempty"`
	OrderID       int64 `json:"OrderID,omitempty"`
}

// listWire asks for a page of orders.
type listWire struct {
	Page     int64 `json:"page,omitempty"`
	PageSize int64 `json:"pageSize,omitempty"`
}

type listedOrderWire struct {
	OrderID   int64              `json:"OrderID"`
	CreatedAt second             `json:"CreatedAt"`
	Details   []listedDetailWire `json:"details"`
}

type listedDetailWire struct {
	detailWire
	Status int `json:"Status"`
}

// accountWire is section 5.4.
type accountWire struct {
	FirstName    string `json:"firstName"`
	LastName     string `json:"lastName"`
	Email        string `json:"email"`
	Balance      price  `json:"balance"`
	CurrencyCode string `json:"currencyCode"`
}

type categoryWire struct {
	ProductCategoryID int64  `json:"productCategoryID"`
	CategoryName      string `json:"categoryName"`
	ParentID          *int64 `json:"parentID"`
}

// productsWire asks for a page of products.
type productsWire struct {
	Page              int64 `json:"page,omitempty"`
	PageSize          int64 `json:"pageSize,omitempty"`
	ProductCategoryID int64 `json:"productCategoryID,omitempty"`
	Detailed          bool  `json:"detailed,omitempty"` // read and ignored: every answer is detailed
}

// productWire is section 5.5. The fields that customers have to fill in are there
// twice: the documentation and the clients call them differently.
type productWire struct {
	ProductID              int64           `json:"productID"`
	CustomerStoreProductID int64           `json:"customerStoreProductID"`
	ProductCategoryID      int64           `json:"productCategoryID"`
	ProductName            string          `json:"productName"`
	ProductSlug            string          `json:"productSlug"`
	ProductData            productDataWire `json:"productData"`
	RequireData            []fieldWire     `json:"requireData"`
	ProductRequire         []fieldWire     `json:"productRequire"`
	MarketPrice            price           `json:"marketPrice"`
	SalePrice              price           `json:"salePrice"`
	SaleMinCount           int64           `json:"saleMinCount"`
	SaleMaxCount           int64           `json:"saleMaxCount"`
	TotalStock             int64           `json:"totalStock"`
	Status                 int             `json:"status"` // 1: active
}

type productDataWire struct {
	ProductDescription string   `json:"productDescription"`
	ProductMainImage   *string  `json:"productMainImage"`
	ProductImages      []string `json:"productImages"`
	ProductInfo        *string  `json:"productInfo"`
}

type fieldWire struct {
	ProductRequireID int64    `json:"productRequireID"`
	Identifier       string   `json:"identifier"`
	Title            string   `json:"title"`
	Type             string   `json:"type"`
	MinLength        *int     `json:"min_length"`
	MaxLength        *int     `json:"max_length"`
	Placeholder      *string  `json:"placeholder"`
	DefaultValue     *string  `json:"default_value"`
	Options          []string `json:"options"`
	IsRequired       bool     `json:"is_required"`
}
