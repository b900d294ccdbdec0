package jsonhttp

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
	"orderhub/server/order"
	"orderhub/server/recipient"
	"orderhub/server/webhook/standard"
)

// Supplier answers the contract out of a hub: the simulated supplier, with the
// hub's own rules and books. Its callers show a merchant's API key.
type Supplier struct {
	*door.Front

	hub     *door.Services
	secrets []string // of which one must have signed a call; none for any call
}

// NewSupplier opens it in front of the hub.
func NewSupplier(h *door.Services, secrets []string) *Supplier {
	s := &Supplier{hub: h, secrets: secrets}
	s.Front = door.NewFront(s.hub, Name, &words, func(r *http.Request) (account.Principal, error) {
		return h.Gate.ByKey(r, door.BearerKeys(r.Header), account.RateLimit{})
	})
	s.Route(door.Router{Routes: []door.Route{
		{Method: http.MethodPost, Path: "/", Serve: s.Known(account.PlaceOrders, s.answer)},
	}})
	return s
}

func (s *Supplier) answer(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := door.ReadBody(r)
	if err != nil {
		return err
	}
	if !s.isSigned(r.Header, body) {
		return account.ErrUnauthenticated
	}
	var call Call
	if json.Unmarshal(body, &call) != nil {
		return door.ErrMalformed
	}
	var answer any
	switch call.Type {
	case TypePlace:
		answer, err = s.place(r, &call, caller)
	case TypeLookUp:
		answer, err = s.lookUp(r, &call, caller)
	case TypeCancel:
		answer, err = s.cancel(r, &call, caller)
	case TypeList:
		answer, err = s.list(r, &call, caller)
	case TypeBalance:
		answer, err = s.balance(r, caller)
	case TypeCheck:
		answer, err = s.check(r, &call, caller)
	case TypeStatement:
		answer, err = s.statement(r, &call, caller)
	default:
		err = &door.Refusal{Status: http.StatusBadRequest, Code: CodeNotSupported, Message: "there is no such call"}
	}
	if err != nil {
		return err
	}
	door.WriteJSON(w, http.StatusOK, answer)
	return nil
}

func (s *Supplier) isSigned(header http.Header, body []byte) bool {
	return len(s.secrets) == 0 || slices.ContainsFunc(s.secrets, func(secret string) bool {
		return standard.Verify(secret, header.Get, body, s.hub.Now()) == nil
	})
}

func (s *Supplier) place(r *http.Request, call *Call, caller *account.Principal) (*Order, error) {
	if call.Reference == "" || r.Header.Get(HeaderKey) != call.Reference {
		return nil, &door.Refusal{Status: http.StatusBadRequest, Code: CodeInvalid, Message: "no reference"}
	}
	draft := &order.Draft{
		MerchantID: caller.MerchantID, Currency: caller.Currency, Reference: call.Reference, Door: Name,
		Lines: []order.DraftLine{
			{SKU: call.SKU, Quantity: call.Quantity, Fields: call.Fields, UseDate: call.UseDate},
		},
		Recipient: recipientIn(call), CheckRecipient: s.hub.RecipientCheck(caller),
	}
	placed, err := s.hub.Orders.Create(r.Context(), draft)
	if err != nil {
		return nil, err
	}
	return orderOf(placed.Order), nil
}

func (s *Supplier) lookUp(r *http.Request, call *Call, caller *account.Principal) (*Order, error) {
	found, err := s.hub.Orders.GetByReference(r.Context(), caller.MerchantID, call.Reference)
	if err != nil {
		return nil, err
	}
	return orderOf(found), nil
}

// cancel takes back what can be, and says what became of it where nothing can.
func (s *Supplier) cancel(r *http.Request, call *Call, caller *account.Principal) (*Order, error) {
	found, err := s.hub.Orders.GetByReference(r.Context(), caller.MerchantID, call.Reference)
	if err != nil {
		return nil, err
	}
	changed, err := s.hub.Orders.Cancel(
		r.Context(), order.ByMerchant(caller.MerchantID), found.Number, order.Cancellation{Reason: "by the buyer"},
	)
	if err != nil && door.CauseOf(err) == door.NotCancellable {
		return s.lookUp(r, call, caller)
	}
	if err != nil {
		return nil, err
	}
	return orderOf(changed), nil
}

func orderOf(o *order.Order) *Order {
	line := &o.Lines[0]
	answer := &Order{
		Reference: o.Reference, OrderID: o.Number, Status: StatusAccepted, Quantity: line.Quantity, CheckAfter: 1,
	}
	if !o.Status.Final() {
		return answer
	}
	answer.Status, answer.CheckAfter = StatusRefused, 0
	answer.Reason, answer.Message = line.FailureCode, line.FailureMessage
	if o.Status == order.StatusCancelled {
		answer.Status = StatusCancelled
		return answer
	}
	for _, g := range line.Goods {
		if g.Status == order.GoodsDelivered || g.Status == order.GoodsUsed {
			answer.Status = StatusDelivered
			answer.Goods = append(answer.Goods, Goods{Content: &g.Content, TicketCode: g.TicketCode})
		}
	}
	answer.Total, answer.Currency = o.Total.SubCapped(o.Refunded).Format(o.Currency), string(o.Currency)
	return answer
}

// list pages by the id of the last product.
func (s *Supplier) list(r *http.Request, call *Call, caller *account.Principal) (*Page, error) {
	filter := catalog.ProductFilter{Currency: caller.Currency}
	if call.Cursor != "" {
		var err error
		if filter.AfterID, err = strconv.ParseInt(call.Cursor, 10, 64); err != nil {
			return nil, &door.Refusal{Status: http.StatusBadRequest, Code: CodeInvalid, Message: "no such cursor"}
		}
	}
	listed, err := s.hub.Catalog.ListProducts(r.Context(), caller.MerchantID, filter)
	if err != nil {
		return nil, err
	}
	const most = itemsPage
	page, items := &Page{}, []Item{}
	for i := range listed[:min(len(listed), cmp.Or(min(max(call.Limit, 0), most), most))] {
		items = append(items, itemFor(&listed[i]))
		page.NextCursor = strconv.FormatInt(listed[i].ID, 10)
	}
	if len(items) == len(listed) {
		page.NextCursor = ""
	}
	page.Items = &items
	return page, nil
}

func itemFor(p *catalog.ListedProduct) Item {
	item := Item{
		SKU: p.SKU, Name: p.Name, Category: p.Category.Slug, Cost: p.Price.Format(p.Currency),
		Currency: string(p.Currency),
	}
	item.Available = new(p.Active() && p.Stock != 0)
	if p.Stock >= 0 {
		item.Stock = &p.Stock
	}
	return item
}

// check asks the hub's own providers; what they cannot tell, the supplier does not.
func (s *Supplier) check(r *http.Request, call *Call, caller *account.Principal) (*Check, error) {
	product := s.hub.Catalog.Snapshot().ProductBySKU(call.SKU)
	if product == nil {
		return nil, &door.Refusal{Status: http.StatusNotFound, Code: CodeItemNotFound, Message: "it is not sold"}
	}
	who, err := order.RecipientOf(product, recipientIn(call), call.Fields)
	if err != nil {
		return nil, err
	}
	checked, err := s.hub.Recipients.Check(r.Context(), caller.MerchantID, product, who)
	switch {
	case err != nil:
		return nil, err
	case checked.Result == recipient.Unknown:
		return nil, &door.Refusal{Status: http.StatusBadRequest, Code: CodeNotSupported, Message: "it is not told"}
	default:
		return &Check{Exists: new(checked.Result == recipient.Exists), Name: checked.Name}, nil
	}
}

func recipientIn(call *Call) order.Recipient {
	if call.Recipient == nil {
		return order.Recipient{}
	}
	return order.Recipient{
		UserID: call.Recipient.UserID, ServerID: call.Recipient.ServerID, CharacterID: call.Recipient.CharacterID,
	}
}

func (s *Supplier) balance(r *http.Request, caller *account.Principal) (*Funds, error) {
	m, err := s.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return nil, err
	}
	return &Funds{Balance: m.Wallet.Available().Format(m.Wallet.Currency), Currency: string(m.Wallet.Currency)}, nil
}
