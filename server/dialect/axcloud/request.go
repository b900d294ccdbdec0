package axcloud

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"orderhub/server/door"
	"orderhub/server/order"
)

const maxOrderCode = 100 // characters

// readCreate reads the body of "Create Order" in either vocabulary. The error is
// fieldErrors or door.ErrMalformed.
func readCreate(body door.Value) (*createRequest, error) {
	c := &createRequest{later: usesLaterNames(body)}
	err := readObject(body, func(o *object) {
		field := o.oneOf(c.fieldNames("depth_combinations", "options"))
		lines := &c.DepthCombinations
		if field == "options" {
			lines = &c.Options
		}
		o.list(field, order.MaxLines, func(element *object) { *lines = append(*lines, readLine(element, c)) })
		o.nested("order", func(inner *object) { c.Order = readRequestOrder(inner) })
		o.nested("purchaser", func(inner *object) { c.Purchaser = readPurchaser(inner) })
		o.nested("representative", func(inner *object) { c.Representative = readTraveler(inner) })
	})
	return c, err
}

// usesLaterNames reports whether the request uses any of the later names.
func usesLaterNames(body door.Value) bool {
	if _, found := body.Get("options"); found {
		return true
	}
	lines, _ := body.Get("depth_combinations")
	for _, line := range lines.Elements {
		for _, later := range []string{"option_code", "inventory_at"} {
			if _, found := line.Get(later); found {
				return true
			}
		}
	}
	return false
}

// fieldNames puts the name of the request's vocabulary first.
func (c *createRequest) fieldNames(seed, later string) (usual, other string) {
	if c.later {
		return later, seed
	}
	return seed, later
}

func readLine(o *object, c *createRequest) requestLine {
	l := requestLine{MappingCode: o.text("channel_product_mapping_code")}
	if field := o.oneOf(c.fieldNames("dc_code", "option_code")); field == "dc_code" {
		l.DCCode = o.text(field)
	} else {
		l.OptionCode = o.text(field)
	}
	l.Quantity = o.quantity("quantity")
	if field := o.oneOf(c.fieldNames("use_date", "inventory_at")); field == "use_date" {
		l.UseDate = o.momentOrDate(field)
	} else {
		l.InventoryAt = o.momentOrDate(field)
	}
	l.UnitSellingPrice = o.money("unit_selling_price")
	l.Discount = o.optionalMoney("discount")
	l.DiscountMethod = o.optionalText("discount_method")
	l.AmountPrice = o.money("amount_price")

	field, people, most := o.oneOf("tickets", "travelers"), &l.Tickets, int(l.Quantity)
	if field == "travelers" {
		people = &l.Travelers
	}
	if l.Quantity == 0 {
		most = math.MaxInt // it is refused already, and no reason to refuse the people
	}
	o.list(field, most, func(element *object) { *people = append(*people, readTraveler(element)) })
	return l
}

func readRequestOrder(o *object) requestOrder {
	r := requestOrder{
		PurchasedAt:            o.moment("purchased_at"),
		PurchaseRequestedAt:    o.optionalMoment("purchase_requested_at"),
		ReservedAt:             o.optionalMoment("reserved_at"),
		ReservationRequestedAt: o.optionalMoment("reservation_requested_at"),
		SubTotal:               o.money("sub_total"),
		DiscountMethod:         o.optionalText("discount_method"),
		Discount:               o.optionalMoney("discount"),
		Total:                  o.money("total"),
		Status:                 o.choice("status", orderStatuses...),
		IsVoucher:              o.flag("is_voucher"),
		Comment:                o.optionalText("comment"),
		Currency:               o.choice("currency", "KRW", "USD"),
	}
	if o.has("channel_order_code") || !o.has("channel_order_id") {
		r.ChannelOrderCode = o.shortText("channel_order_code", maxOrderCode)
	}
	if o.has("channel_order_id") {
		r.ChannelOrderID = o.shortText("channel_order_id", maxOrderCode)
		if o.has("channel_order_code") && r.ChannelOrderID != r.ChannelOrderCode {
			o.fail("channel_order_id", textBothNames)
		}
	}
	return r
}

func readPurchaser(o *object) purchaser {
	p := purchaser{
		IsRequiredMoreInformation: o.flag("is_required_more_information"),
		Name:                      o.text("name"),
		NationalCode:              o.text("national_code"),
		Phone:                     o.text("phone"),
		Email:                     o.email("email"),
		Additional:                readAdditional(o),
	}
	p.Extra, _ = o.maybeEmpty("extra")
	return p
}

func readTraveler(o *object) traveler {
	return traveler{
		ChannelCode:  o.optionalText("channel_code"),
		Name:         o.text("name"),
		NationalCode: o.text("national_code"),
		Phone:        o.text("phone"),
		Email:        o.email("email"),
		Additional:   readAdditional(o),
		Extra:        o.optionalText("extra"),
	}
}

func readAdditional(o *object) map[string]string {
	v, ok := o.Optional("additional")
	if !ok {
		return nil
	}
	return o.texts("additional", v, false)
}

func (c *createRequest) lines() []requestLine {
	if len(c.Options) > 0 {
		return c.Options
	}
	return c.DepthCombinations
}

// linesField is the name under which the lines were sent.
func (c *createRequest) linesField() string {
	if len(c.Options) > 0 {
		return "options"
	}
	return "depth_combinations"
}

// code is the channel's identifier of the order.
func (o *requestOrder) code() string { return cmp.Or(o.ChannelOrderCode, o.ChannelOrderID) }

func (l *requestLine) option() string { return cmp.Or(l.OptionCode, l.DCCode) }

func (l *requestLine) day() *moment { return cmp.Or(l.InventoryAt, l.UseDate) }

// dayField is the name under which the day was sent.
func (l *requestLine) dayField() string {
	if l.InventoryAt != nil {
		return "inventory_at"
	}
	return "use_date"
}

// people are those named in the request, at least one and at most one per unit;
// the tickets without one are the representative's.
func (l *requestLine) people() []traveler {
	if len(l.Travelers) > 0 {
		return l.Travelers
	}
	return l.Tickets
}

// content is equal for two requests that mean the same, whatever their
// vocabulary, the form of their amounts and the style of their dates.
func (c *createRequest) content() [sha256.Size]byte {
	plain := *c
	plain.DepthCombinations, plain.Options = slices.Clone(c.lines()), nil
	for i := range plain.DepthCombinations {
		plain.DepthCombinations[i] = plain.DepthCombinations[i].canonical()
	}
	plain.Order = c.Order.canonical()
	text, err := json.Marshal(plain)
	if err != nil {
		panic("axcloud: request that cannot be encoded: " + err.Error())
	}
	return sha256.Sum256(text)
}

func (l *requestLine) canonical() requestLine {
	return requestLine{
		MappingCode: strings.ToLower(l.MappingCode), DCCode: strings.ToLower(l.option()), Quantity: l.Quantity,
		UseDate:          new(l.day().canonical()),
		UnitSellingPrice: l.UnitSellingPrice.canonical(), Discount: canonical(l.Discount),
		DiscountMethod: l.DiscountMethod,
		AmountPrice:    l.AmountPrice.canonical(), Tickets: l.people(),
	}
}

func (o *requestOrder) canonical() requestOrder {
	plain := *o
	plain.ChannelOrderCode, plain.ChannelOrderID = o.code(), ""
	plain.PurchasedAt = o.PurchasedAt.canonical()
	for _, m := range []**moment{&plain.PurchaseRequestedAt, &plain.ReservedAt, &plain.ReservationRequestedAt} {
		if *m != nil {
			*m = new((*m).canonical())
		}
	}
	plain.SubTotal, plain.Total, plain.Discount = o.SubTotal.canonical(), o.Total.canonical(), canonical(o.Discount)
	return plain
}

func canonical(d *decimal) *decimal {
	if d == nil {
		return nil
	}
	return new(d.canonical())
}
