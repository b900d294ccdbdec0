package bursagb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// productCache is what the partner asks of customers, by product.
type productCache struct {
	turn   *semaphore.Weighted // of 1: who holds it reads or changes what follows
	fields map[int64][]fieldWire
	readAt time.Time
}

// requireData matches what the customer filled in with the partner's numbers of
// the fields. What the partner does not ask for is left out.
func (c *Connector) requireData(ctx context.Context, product int64, p *dialect.Purchase) ([]requireWire, error) {
	given := maps.Clone(p.Fields)
	if given == nil {
		given = make(map[string]string)
	}
	if p.Recipient.UserID != "" && given["userid"] == "" {
		given["userid"] = p.Recipient.UserID
	}
	if len(given) == 0 {
		return nil, nil
	}
	fields, err := c.fieldsOf(ctx, product)
	if err != nil {
		return nil, err
	}
	var data []requireWire
	for _, f := range fields {
		for _, identifier := range slices.Sorted(maps.Keys(given)) {
			if strings.EqualFold(identifier, f.Identifier) {
				data = append(data, requireWire{
					ProductRequireID: f.ProductRequireID, Identifier: f.Identifier, Value: given[identifier],
				})
			}
		}
	}
	return data, nil
}

// fieldsOf are what the partner asks for with the product, as its list had it
// lately.
func (c *Connector) fieldsOf(ctx context.Context, product int64) ([]fieldWire, error) {
	if err := c.products.turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer c.products.turn.Release(1)
	if c.products.fields == nil || c.now().Sub(c.products.readAt) > productsTTL {
		listed := make(map[int64][]fieldWire)
		err := c.listProducts(ctx, func(products []productWire) error {
			for i := range products {
				fields := products[i].RequireData
				if len(fields) == 0 {
					fields = products[i].ProductRequire
				}
				listed[products[i].CustomerStoreProductID] = fields
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		c.products.fields, c.products.readAt = listed, c.now()
	}
	return c.products.fields[product], nil
}

func (c *Connector) listProducts(ctx context.Context, take func([]productWire) error) error {
	for page := int64(1); page <= mostPages; page++ {
		products, err := ask[[]productWire](
			ctx, c.session, "/Products/List", productsWire{Page: page, PageSize: productsPage, Detailed: true},
		)
		if err == nil && products == nil {
			err = fmt.Errorf("an answer without products: %w", dialect.ErrMalformed)
		}
		if err == nil {
			err = take(products)
		}
		if err != nil || len(products) < productsPage {
			return err
		}
	}
	return dialect.ErrEndless
}

func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	account, err := get[*accountWire](ctx, c.session, "/Customer/Get")
	if err != nil {
		return err
	}
	if account.Data == nil {
		return dialect.ErrMalformed
	}
	return c.listProducts(ctx, func(products []productWire) error {
		items := make([]dialect.Item, 0, len(products))
		for i := range products {
			p := &products[i]
			if p.CustomerStoreProductID < 1 {
				continue // not for sale to this account
			}
			items = append(items, dialect.Item{
				SKU: strconv.FormatInt(p.CustomerStoreProductID, 10), Name: p.ProductName,
				Category: strconv.FormatInt(p.ProductCategoryID, 10), Cost: money.Amount(p.SalePrice),
				Currency: money.Currency(account.Data.CurrencyCode), Stock: p.TotalStock,
				Available: p.Status == 1 && p.TotalStock > 0,
			})
		}
		return take(items)
	})
}

// Receive checks the partner's key before the body is used.
func (c *Connector) Receive(m dialect.Message) ([]dialect.Notice, error) {
	if !sameKey(c.apiKey, m.Header(headerAPIKey)) {
		return nil, dialect.ErrUnauthenticated
	}
	var d deliveryWire
	if err := outbound.Decode(m.Body, &d); err != nil {
		return nil, err
	}
	if d.DeliverID == "" || d.OrderDetailID < 1 {
		return nil, dialect.ErrMalformed
	}
	id := fmt.Sprintf("%d %d", d.OrderDetailID, d.Status)
	if d.Status == statusProcessing || d.Status == statusSetAside {
		// These two may come again with a meaning.
		id += m.ReceivedAt.UTC().Format(" 2006-01-02T15:04:05.000")
	}
	return []dialect.Notice{{ID: id, Reference: d.DeliverID}}, nil
}

// acknowledged is the answer to a callback.
type acknowledged struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

var acknowledgement = dialect.Acknowledgement{
	OK:        acknowledged{Success: true, Message: "OK"},
	Malformed: acknowledged{Message: "The body is not valid."},
	Later:     acknowledged{Message: "Try again later."},
}

// Acknowledge answers as section 6 says.
func (c *Connector) Acknowledge(err error) dialect.Answer { return acknowledgement.Of(err) }
