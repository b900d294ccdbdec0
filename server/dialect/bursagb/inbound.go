package bursagb

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// handler answers a caller who is known; its error becomes a refusal.
type handler func(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error

func (d *Door) anyone(serve func(w http.ResponseWriter, r *http.Request) error) func(http.ResponseWriter, *http.Request, door.Params) {
	return func(w http.ResponseWriter, r *http.Request, _ door.Params) {
		if err := serve(w, r); err != nil {
			d.explain(w, r, err)
		}
	}
}

// known lets in who has a token of ours or an API key. Who has neither learns
// nothing of the rest.
func (d *Door) known(serve handler) func(http.ResponseWriter, *http.Request, door.Params) {
	return func(w http.ResponseWriter, r *http.Request, p door.Params) {
		caller, err := d.authenticate(r)
		_, limited := errors.AsType[*account.RateLimitedError](err)
		if d.config.IntegrationOff && (err == nil || limited) {
			err = errSwitchedOff
		}
		if err == nil {
			err = serve(w, r, p, &caller)
		}
		if err != nil {
			d.explain(w, r, err)
		}
	}
}

func (d *Door) authenticate(r *http.Request) (account.Principal, error) {
	scheme, credential, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if credential = strings.TrimSpace(credential); !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return d.hub.Gate.ByKey(r, strings.TrimSpace(r.Header.Get("X-API-Key")), defaultLimit)
	}
	if id, err := d.tokens.merchant(credential); err == nil {
		return d.hub.Gate.ByMerchant(r, id, defaultLimit)
	}
	return d.hub.Gate.ByKey(r, credential, defaultLimit)
}

// login is section 3.
func (d *Door) login(w http.ResponseWriter, r *http.Request) error {
	body, err := readObject(r, false)
	if err != nil {
		return err
	}
	wanted, err := fromLogin(body)
	if err != nil {
		return err
	}
	m, err := d.hub.Accounts.Login(r.Context(), wanted.Email, wanted.Password)
	if err != nil {
		return err
	}
	if m.Wallet == nil {
		return account.ErrBadCredentials // an operator is no customer
	}
	token, until, err := d.tokens.issue(m.ID)
	if err != nil {
		return err
	}
	key, err := d.hub.Accounts.CallbackKey(r.Context(), m.ID)
	if err != nil {
		return err
	}
	return answer(w, tokenWire{Token: token, Expiration: second(until), CallbackData: wanted.CallbackData, CustomerAPIKey: key})
}

// createOrder is section 4: the whole basket or nothing.
func (d *Door) createOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := readObject(r, false)
	if err != nil {
		return err
	}
	wanted, err := fromCreateOrder(body)
	if err != nil {
		return err
	}
	m, err := d.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	draft, err := d.draft(&wanted, &m)
	if err != nil {
		return err
	}
	placed, err := d.hub.Orders.Create(r.Context(), draft)
	if refused, ok := errors.AsType[*order.LinesError](err); ok {
		return d.refuseBasket(r.Context(), &wanted, draft, &m, refused.Problems)
	}
	if err != nil {
		return err
	}
	return answer(w, toOrder(placed.Order))
}

// addressKey is where an order's metadata has its billing address.
const addressKey = "billing_address_id"

// draft is the basket as an order. The error is a *refusal.
func (d *Door) draft(wanted *createOrderWire, m *account.Merchant) (*order.Draft, error) {
	address := wanted.BillingAddressID
	if address == 0 {
		address = m.Settings.DefaultBillingAddress
	}
	if _, found := m.Settings.Address(address); !found {
		return nil, errBillingAddress
	}
	if wanted.NotifyURL != "" {
		if webhook.CheckURL(wanted.NotifyURL, d.hub.AllowLocalTargets) != nil {
			return nil, invalid("NotifyURL must be an absolute https address of at most 2048 characters that the public can reach.")
		}
	}
	draft := &order.Draft{
		MerchantID: m.ID, Currency: m.Wallet.Currency, Door: Name, UniqueLines: true, FixedPrices: true, NotifyURL: wanted.NotifyURL,
		Metadata: map[string]string{addressKey: strconv.FormatInt(address, 10)}, Lines: make([]order.DraftLine, len(wanted.BasketData)),
	}
	for i := range wanted.BasketData {
		draft.Lines[i] = d.draftLine(&wanted.BasketData[i], m.ID)
	}
	return draft, nil
}

func (d *Door) draftLine(line *lineWire, merchantID int64) order.DraftLine {
	snapshot := d.hub.Catalog.Snapshot()
	// A number that is none of the customer's keeps a name that is no SKU: the hub
	// looks at the DeliverIDs first, and then finds no product.
	drafted := order.DraftLine{
		SKU:      "customer store product " + strconv.FormatInt(line.CustomerStoreProductID, 10),
		Quantity: min(line.Quantity, maxQuantity), ExternalReference: line.DeliverID,
	}
	listing := snapshot.Listing(merchantID, strconv.FormatInt(line.CustomerStoreProductID, 10), "")
	if listing == nil {
		return drafted
	}
	if p := snapshot.ProductByID(listing.ProductID); p != nil {
		drafted.SKU, drafted.Fields = p.SKU, toFields(p, line.RequireData)
	}
	return drafted
}

// refuseBasket lists every line that cannot be ordered, in basket order. The hub
// stops at what is wrong with the products before it looks at the stock of the
// others, so that is made up for here.
func (d *Door) refuseBasket(ctx context.Context, wanted *createOrderWire, draft *order.Draft, m *account.Merchant, problems []order.LineProblem) error {
	reasons := make(map[int]string, len(problems))
	for i := range problems {
		reasons[problems[i].Index] = reasonOf(&problems[i])
	}
	if problems[0].Reason != order.ReasonReferenceUsed {
		if err := d.addOutOfStock(ctx, draft, reasons); err != nil {
			return err
		}
	}
	e := &refusal{status: http.StatusBadRequest, message: "Some lines cannot be ordered."}
	if d.config.RefusedBasketOK {
		e.status = http.StatusOK
	}
	for i := range wanted.BasketData {
		reason, refused := reasons[i]
		if !refused {
			continue
		}
		item := itemWire{
			ProductID: wanted.BasketData[i].CustomerStoreProductID, Quantity: wanted.BasketData[i].Quantity,
			StoreName: m.Settings.StoreName, Reason: reason,
		}
		if p := d.hub.Catalog.Snapshot().ProductBySKU(draft.Lines[i].SKU); p != nil {
			item.ProductID = p.ID
		}
		e.items = append(e.items, item)
	}
	return e
}

func (d *Door) addOutOfStock(ctx context.Context, draft *order.Draft, reasons map[int]string) error {
	wanted := make(map[int64]int64)
	for i := range draft.Lines {
		p := d.hub.Catalog.Snapshot().ProductBySKU(draft.Lines[i].SKU)
		if _, refused := reasons[i]; refused || p == nil || !p.UsesUnits() {
			continue
		}
		stock, err := d.hub.Catalog.Stock(ctx, p)
		if err != nil {
			return err
		}
		if wanted[p.ID] += draft.Lines[i].Quantity; wanted[p.ID] > stock {
			reasons[i] = reasonOf(&order.LineProblem{Reason: order.ReasonOutOfStock})
		}
	}
	return nil
}

// orderDetail is section 5.1.
func (d *Door) orderDetail(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	id, ok := parseInteger(p.Get("orderDetailID"))
	if !ok {
		return errDetailNotFound
	}
	if id < 1 {
		return invalid("orderDetailID must be at least 1.")
	}
	o, err := d.hub.Orders.GetByLine(r.Context(), caller.MerchantID, id)
	if errors.Is(err, order.ErrNotFound) {
		return errDetailNotFound
	}
	if err != nil {
		return err
	}
	line := lineOf(o, id)
	return answer(w, toDelivery(line, isCodeProduct(line, d.hub.Catalog.Snapshot().ProductByID(line.ProductID))))
}

func lineOf(o *order.Order, id int64) *order.Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return &order.Line{}
}

// How long a line that is just being handed to its supplier is waited for.
const (
	busyTries = 20
	busyPause = 100 * time.Millisecond
)

// cancelOrder is section 5.2. What is cancelled already, and what failed and was
// given back, is cancelled.
func (d *Door) cancelOrder(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := readObject(r, false)
	if err != nil {
		return err
	}
	wanted, err := fromCancel(body)
	if err != nil {
		return err
	}
	var o *order.Order
	if wanted.OrderID != 0 {
		o, err = d.hub.Orders.GetByID(r.Context(), caller.MerchantID, wanted.OrderID)
	} else {
		o, err = d.hub.Orders.GetByLine(r.Context(), caller.MerchantID, wanted.OrderDetailID)
	}
	if err != nil {
		return err
	}
	cancellation, err := cancellationOf(o, wanted.OrderDetailID)
	if err != nil {
		return err
	}
	if len(cancellation.Lines) > 0 {
		if err := d.cancel(r.Context(), caller.MerchantID, o.Number, cancellation); err != nil {
			return err
		}
	}
	return answer[any](w, nil)
}

// cancellationOf names the lines that are still open, of all or of one; no lines
// when everything that is meant is cancelled. The error is a *refusal.
func cancellationOf(o *order.Order, lineID int64) (order.Cancellation, error) {
	var c order.Cancellation
	delivered := false
	for i := range o.Lines {
		l := &o.Lines[i]
		if lineID != 0 && l.ID != lineID {
			continue
		}
		switch statusOf(l) {
		case statusProcessing:
			c.Lines = append(c.Lines, order.CancelLine{Position: l.Position})
		case statusDelivered:
			delivered = true
		}
	}
	if len(c.Lines) == 0 && delivered {
		return c, errNotCancellable
	}
	return c, nil
}

func (d *Door) cancel(ctx context.Context, merchantID int64, number string, c order.Cancellation) error {
	for try := 1; ; try++ {
		_, err := d.hub.Orders.Cancel(ctx, order.ByMerchant(merchantID), number, c)
		if !errors.Is(err, order.ErrBusy) {
			return err
		}
		if try == busyTries {
			return errLineWithSupply
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPause):
		}
	}
}

// listOrders is section 5.3.
func (d *Door) listOrders(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	const defaultSize, mostSize = 20, 100
	body, err := readObject(r, true)
	if err != nil {
		return err
	}
	read := &reader{}
	page, size := read.paging(body, 1, defaultSize)
	if size > mostSize {
		read.bad("pageSize must be at most %d.", mostSize)
	}
	if err := read.err(); err != nil {
		return err
	}
	found, err := d.hub.Orders.List(r.Context(), order.ByMerchant(caller.MerchantID), order.Filter{Limit: int(size), Offset: int((page - 1) * size)})
	if err != nil {
		return err
	}
	list := make([]listedOrderWire, len(found))
	for i := range found {
		list[i] = toListedOrder(&found[i])
	}
	return answer(w, list)
}

// account is section 5.4.
func (d *Door) account(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	m, err := d.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	name := m.Settings.StoreName
	if name == "" {
		name = m.Name
	}
	return answer(w, accountWire{FirstName: name, Email: m.Email, Balance: price(m.Wallet.Balance), CurrencyCode: string(m.Wallet.Currency)})
}
