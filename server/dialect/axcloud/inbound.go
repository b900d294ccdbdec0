package axcloud

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
	"orderhub/server/money"
	"orderhub/server/order"
)

func (c *call) body() (door.Value, error) {
	v, err := door.Body{}.Value(c.r)
	if errors.Is(err, door.ErrBodyEncoded) {
		err = unsupportedMediaType(c.r.Header.Get("Content-Encoding"))
	}
	return v, err
}

func read[T any](c *call, from func(door.Value) (T, error)) (request T, err error) {
	body, err := c.body()
	if err == nil {
		request, err = from(body)
	}
	return request, err
}

// createOrder serves "Create Order".
func (d *Door) createOrder(c *call) error {
	request, err := read(c, readCreate)
	if err != nil {
		return err
	}
	placed, err := d.place(c.r.Context(), &c.channel, request)
	if err != nil {
		return err
	}
	door.WriteJSON(c.w, http.StatusCreated, request.toCreated(placed))
	return nil
}

// place makes the order, or finds the one that the same request has made.
func (d *Door) place(ctx context.Context, channel *account.Principal, request *createRequest) (*order.Order, error) {
	draft, err := d.draft(ctx, channel, request)
	if err == nil {
		var placed order.Placement
		draft.CheckRecipient = d.hub.RecipientCheck(channel)
		if placed, err = d.hub.Orders.Create(ctx, draft); err == nil {
			return placed.Order, nil
		}
	}
	var duplicate *order.DuplicateReferenceError
	if !errors.As(err, &duplicate) && !errors.Is(err, errNoSuchCode) {
		return nil, d.lineErrors(ctx, request, draft, err)
	}
	// What the hub thinks of a request depends on the channel's listings, which may
	// have changed since it was first sent; to the channel it is the same request.
	existing, findErr := d.hub.Orders.GetByReference(ctx, channel.MerchantID, reference(request.Order.code()))
	if findErr != nil && !errors.Is(findErr, order.ErrNotFound) {
		return nil, findErr
	}
	content := request.content()
	switch {
	case findErr == nil && fromPrivate(existing).Content == hex.EncodeToString(content[:]):
		return existing, nil
	case duplicate != nil:
		return nil, request.notUnique()
	default:
		return nil, err
	}
}

// draft finds out which products the request means. errNoSuchCode when the hub
// cannot name one of them.
func (d *Door) draft(ctx context.Context, channel *account.Principal, request *createRequest) (*order.Draft, error) {
	products := make([]*catalog.Product, len(request.lines()))
	for i := range request.lines() {
		l := &request.lines()[i]
		product := d.listed(channel, l)
		if product == nil {
			// Another process may have registered it a moment ago.
			if err := d.hub.Catalog.Refresh(ctx); err != nil {
				return nil, err
			}
			product = d.listed(channel, l)
		}
		if product == nil {
			return nil, errNoSuchCode
		}
		products[i] = product
	}
	return request.toDraft(channel.MerchantID, channel.Currency, products, d.hub.IDs.TicketCode)
}

// listed is the product behind a line's two codes, or nil. Letter case does not
// count: those that the hub makes are in lower case.
func (d *Door) listed(channel *account.Principal, l *requestLine) *catalog.Product {
	snapshot := d.hub.Catalog.Snapshot()
	listing := snapshot.Listing(channel.MerchantID, l.MappingCode, l.option())
	if listing == nil {
		listing = snapshot.Listing(channel.MerchantID, strings.ToLower(l.MappingCode), strings.ToLower(l.option()))
	}
	if listing == nil {
		return nil
	}
	if product := snapshot.ProductByID(listing.ProductID); product != nil && sellable(product, channel.Currency) {
		return product
	}
	return nil
}

// sellable reports whether a channel may sell the product: day tickets in the
// currency that it pays in.
func sellable(p *catalog.Product, currency money.Currency) bool {
	return p.Active() && p.Dated && p.Currency == currency
}

// notUnique refuses the order's code, under the name it was sent with.
func (c *createRequest) notUnique() error {
	field := "channel_order_code"
	if c.Order.ChannelOrderCode == "" {
		field = "channel_order_id"
	}
	return fieldErrors{"order": fieldErrors{field: []string{textNotUnique}}}
}

// tooMany refuses the quantity of every line: together they are above the bound.
func (c *createRequest) tooMany(bound int64) error {
	lines := make([]fieldErrors, len(c.lines()))
	for i := range lines {
		lines[i] = fieldErrors{"quantity": []string{atMost(bound)}}
	}
	return fieldErrors{c.linesField(): lines}
}

// errUnchecked: nobody could say whether the customer exists; that may be different in a moment.
var errUnchecked = errors.New("the customer cannot be checked just now")

const uncheckedRetry = 5 * time.Second

// lineErrors puts what the domain says of lines in the words of the request.
// Other errors stay as they are.
func (d *Door) lineErrors(ctx context.Context, request *createRequest, draft *order.Draft, err error) error {
	var refused *order.LinesError
	var tooMany *order.TooManyUnitsError
	switch {
	case errors.As(err, &tooMany):
		return request.tooMany(tooMany.Max)
	case !errors.As(err, &refused):
		return err
	}
	lines := make([]fieldErrors, len(request.lines()))
	for i := range lines {
		lines[i] = fieldErrors{}
	}
	wrong := fieldErrors{}
	for _, p := range refused.Problems {
		if p.Reason == order.ReasonFieldInvalid {
			wrong["representative"] = fieldErrors{"additional": fieldErrors{p.Field: []string{fieldText(p)}}}
			continue
		}
		switch p.Reason {
		case order.ReasonRecipientNotFound:
			wrong["representative"] = fieldErrors{"additional": []string{textInvalid}}
			continue
		case order.ReasonRecipientUnchecked: // the hub has just tried
			return &order.RetryLaterError{Err: errUnchecked, After: uncheckedRetry}
		default:
		}
		field, text, err := d.lineError(ctx, request, draft, p)
		if err != nil {
			return err
		}
		lines[p.Index][field] = []string{text}
		wrong[request.linesField()] = lines
	}
	return wrong
}

// lineError is what is wrong with which field of a line. errNoSuchCode when its
// product went away since it was looked up.
func (d *Door) lineError(ctx context.Context, request *createRequest, draft *order.Draft, p order.LineProblem) (
	field, text string, err error,
) {
	switch p.Reason {
	case order.ReasonDateNotAvailable:
		return request.lines()[p.Index].dayField(), textNoSuchDay, nil
	case order.ReasonOutOfStock:
		left, err := d.left(ctx, draft, p.Index)
		return "quantity", atMost(left), err
	case order.ReasonQuantityNotAllowed:
		return "quantity", d.allowed(&draft.Lines[p.Index]), nil
	default:
		return "", "", errNoSuchCode
	}
}

func fieldText(p order.LineProblem) string {
	if p.Missing {
		return textRequired
	}
	return textInvalid
}

// left is how many tickets of a line's product and day remain for it, after the
// lines before it.
func (d *Door) left(ctx context.Context, draft *order.Draft, index int) (int64, error) {
	line := &draft.Lines[index]
	product := d.hub.Catalog.Snapshot().ProductBySKU(line.SKU)
	if product == nil {
		return 0, errNoSuchCode
	}
	days, err := d.hub.Catalog.ListAllotments(ctx, product.ID, line.UseDate, line.UseDate, 1)
	if err != nil || len(days) == 0 {
		return 0, err
	}
	left := days[0].Capacity - days[0].Sold
	for i := range draft.Lines[:index] {
		if before := &draft.Lines[i]; before.SKU == line.SKU && before.UseDate == line.UseDate {
			left -= before.Quantity
		}
	}
	return max(left, 0), nil
}

// allowed says which bound of its product a line's quantity breaks.
func (d *Door) allowed(line *order.DraftLine) string {
	product := d.hub.Catalog.Snapshot().ProductBySKU(line.SKU)
	switch {
	case product == nil:
		return textInvalid
	case line.Quantity < product.MinQuantity:
		return atLeast(product.MinQuantity)
	default:
		return atMost(product.MaxQuantity)
	}
}
