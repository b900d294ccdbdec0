package bursagb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// createOrder is section 4: the whole basket or nothing.
func (d *Door) createOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	wanted, err := door.Read(r, door.Body{}, fromCreateOrder)
	if err != nil {
		return err
	}
	settings, err := d.hub.Accounts.OrderSettings(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	b, err := d.basketOf(&wanted, caller, &settings)
	if err != nil {
		return err
	}
	b.draft.CheckRecipient = d.hub.RecipientCheck(caller)
	placed, err := d.hub.Orders.Create(r.Context(), b.draft)
	if refused, ok := errors.AsType[*order.LinesError](err); ok {
		return d.refuseBasket(r.Context(), b, refused.Problems)
	}
	if err != nil {
		return err
	}
	return answer(w, toOrder(placed.Order))
}

// addressKey is where an order's metadata has its billing address.
const addressKey = "billing_address_id"

// basket is what was asked for, as the hub understands it.
type basket struct {
	wanted    *createOrderWire
	draft     *order.Draft
	storeName string
	products  []*catalog.Product // by line; nil for a number that is none of the customer's
	// refused has the lines that are beyond what a draft can carry, and why. They
	// are drafted as lines that the hub certainly refuses.
	refused map[int]*order.LineProblem
}

// basketOf reads the basket as an order. The error is a *door.Refusal.
func (d *Door) basketOf(
	wanted *createOrderWire, caller *account.Principal, settings *account.Settings,
) (*basket, error) {
	address := cmp.Or(wanted.BillingAddressID, settings.DefaultBillingAddress)
	if _, found := settings.Address(address); !found {
		return nil, errBillingAddress
	}
	if err := d.checkNotifyURL(wanted.NotifyURL); err != nil {
		return nil, err
	}
	b := &basket{
		wanted: wanted, storeName: settings.StoreName, refused: make(map[int]*order.LineProblem),
		products: make([]*catalog.Product, len(wanted.BasketData)),
	}
	b.draft = &order.Draft{
		MerchantID: caller.MerchantID, Currency: caller.Currency, Door: Name, UniqueLines: true, FixedPrices: true,
		NotifyURL: wanted.NotifyURL, Metadata: map[string]string{addressKey: strconv.FormatInt(address, 10)},
		Lines: make([]order.DraftLine, len(wanted.BasketData)), Content: productNumbers(wanted.BasketData),
	}
	snapshot := d.hub.Catalog.Snapshot()
	for i := range wanted.BasketData {
		line := &wanted.BasketData[i]
		number := strconv.FormatInt(line.CustomerStoreProductID, 10)
		if listing := snapshot.Listing(caller.MerchantID, number, ""); listing != nil {
			b.products[i] = snapshot.ProductByID(listing.ProductID)
		}
		var problem *order.LineProblem
		if b.draft.Lines[i], problem = toDraftLine(line, b.products[i]); problem != nil {
			b.refused[i] = problem
		}
	}
	return b, nil
}

func (d *Door) checkNotifyURL(address string) error {
	// Where it leads is looked at when something is sent there. The hub counts
	// bytes where the partner counts characters.
	if address != "" && (len(address) > maxNotifyURL || webhook.CheckForm(address, d.hub.AllowLocalTargets) != nil) {
		return invalid(
			"NotifyURL must be an absolute https address of at most %d characters without user name and password.",
			maxNotifyURL,
		)
	}
	return nil
}

// refuseBasket lists every line that cannot be ordered, in basket order. The hub
// stops at what is wrong with the products before it looks at the stock of the
// others, so that it is asked for that too.
func (d *Door) refuseBasket(ctx context.Context, b *basket, problems []order.LineProblem) error {
	switch problems[0].Reason {
	case order.ReasonReferenceUsed, order.ReasonPriceChanged, order.ReasonOutOfStock:
		// Known before, or after, all lines were looked at.
	default:
		all, err := d.hub.Orders.LineProblems(ctx, b.draft)
		if err != nil {
			return err
		}
		problems = append(all, problems...) // what refused the order counts
	}
	reasons := make(map[int]string, len(problems))
	for i := range problems {
		problem := &problems[i]
		if ours := b.refused[problem.Index]; ours != nil && problem.Reason == order.ReasonProductNotFound {
			problem = ours
		}
		reasons[problems[i].Index] = reasonOf(problem)
	}
	e := &door.Refusal{Status: http.StatusBadRequest, Message: "Some lines cannot be ordered."}
	if d.config.RefusedBasketOK {
		e.Status = http.StatusOK
	}
	var items []itemWire
	for i := range b.wanted.BasketData {
		reason, refused := reasons[i]
		if !refused {
			continue
		}
		line := &b.wanted.BasketData[i]
		item := itemWire{
			ProductID: line.CustomerStoreProductID, Quantity: line.Quantity, StoreName: b.storeName, Reason: reason,
		}
		if b.products[i] != nil {
			item.ProductID = b.products[i].ID
		}
		items = append(items, item)
	}
	e.Details = items
	return e
}
