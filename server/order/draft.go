package order

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// Limits of what a draft may carry, at every door.
const (
	MaxLines       = 100
	MaxReference   = 255 // characters
	maxText        = 255 // characters of recipients and external references
	maxFields      = 50
	maxFieldValue  = 1000
	maxMetadata    = 50
	maxMetadataKey = 64
	maxMetadataVal = 500
	maxNotifyURL   = 2048
)

// Draft is an order as a door understood it, before it is priced.
type Draft struct {
	MerchantID    int64
	Currency      money.Currency // of the merchant's wallet
	Reference     string         // "" for none: the order's own number stands for it
	Door          string
	Recipient     Recipient
	Lines         []DraftLine
	Coupon        string // "" for none
	NotifyURL     string
	Metadata      map[string]string
	ExpectedTotal *money.Amount // nil: whatever it costs

	// NewNumber makes the order's number in the door's own form, again where one
	// is taken. Nil: the hub's form.
	NewNumber func() string
	// Private is the door's own data about the customer, kept encrypted.
	Private json.RawMessage
	// Content is what else, beside the fields above, makes two requests the same.
	Content []byte
	// UniqueLines refuses a line whose ExternalReference belongs to an earlier
	// order of the merchant that was placed with UniqueLines.
	UniqueLines bool
	// CheckRecipient has a recipient checked that a product wants checked, once, before the order is
	// refused because it was not. It is for doors whose callers have no call to have it done; nil for others.
	CheckRecipient RecipientCheck
	// FixedPrices refuses a line whose price changes while the order is being
	// placed, rather than charge the new price.
	FixedPrices bool
}

// DraftLine asks for some units of one product.
type DraftLine struct {
	SKU               string
	Quantity          int64
	ExternalReference string
	Fields            map[string]string // by identifier, in any letter case
	UseDate           string
	Code              string // the door's own unique identifier of the line; "" for none
	DoorState         string // what the door keeps with the line and may change; "" for nothing
}

// withReference is the draft with a reference, its order's number where it has none.
func (d *Draft) withReference(number string) *Draft {
	if d.Reference != "" {
		return d
	}
	named := *d
	named.Reference = number
	return &named
}

// check finds what is wrong with the draft whatever is on sale.
func (d *Draft) check() error {
	bad := &errs.InvalidError{}
	if utf8.RuneCountInString(d.Reference) > MaxReference || !plainText(d.Reference) {
		bad.Add("reference_id", "must have 1 to %d characters of text without control characters", MaxReference)
	}
	checkText(bad, "recipient.user_id", d.Recipient.UserID)
	checkText(bad, "recipient.server_id", d.Recipient.ServerID)
	checkText(bad, "recipient.character_id", d.Recipient.CharacterID)
	if len(d.Lines) == 0 || len(d.Lines) > MaxLines {
		bad.Add("lines", "must have 1 to %d entries", MaxLines)
	}
	for i := range d.Lines {
		d.Lines[i].check(bad, i)
	}
	if utf8.RuneCountInString(d.Coupon) > 64 || !plainText(d.Coupon) {
		bad.Add("coupon", "must have at most 64 characters, none of them a control character")
	}
	if len(d.NotifyURL) > maxNotifyURL || !plainText(d.NotifyURL) {
		bad.Add("notify_url", "must have at most %d characters, none of them a control character", maxNotifyURL)
	}
	checkMetadata(bad, d.Metadata)
	return bad.OrNil()
}

func (l *DraftLine) check(bad *errs.InvalidError, index int) {
	add := func(field, format string, args ...any) {
		bad.Add(fmt.Sprintf("lines[%d].%s", index, field), format, args...)
	}
	if l.SKU == "" || utf8.RuneCountInString(l.SKU) > 100 || !plainText(l.SKU) {
		add("sku", "must have 1 to 100 characters, none of them a control character")
	}
	if l.Quantity < 1 || l.Quantity > catalog.MaxQuantity {
		add("quantity", "must be from 1 to 1,000,000")
	}
	if !fitText(l.ExternalReference) {
		add("external_reference", unfitText, maxText)
	}
	l.checkFields(add)
	if l.UseDate != "" {
		if _, err := time.Parse(time.DateOnly, l.UseDate); err != nil {
			add("use_date", "must be a date, YYYY-MM-DD")
		}
	}
}

func (l *DraftLine) checkFields(add func(field, format string, args ...any)) {
	names := sortedKeys(l.Fields)
	if len(names) > maxFields {
		add("fields", "must have at most %d entries", maxFields)
		names = nil // each is compared with those before it
	}
	for i, name := range names {
		switch {
		case name == "" || utf8.RuneCountInString(name) > 64 || !plainText(name):
			add("fields", "must have names of 1 to 64 characters, none of them a control character")
		case slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }):
			add("fields", "names a field twice in different letter case")
		}
		if utf8.RuneCountInString(l.Fields[name]) > maxFieldValue || !plainText(l.Fields[name]) {
			add("fields", "must have values of at most %d characters, none of them a control character", maxFieldValue)
		}
	}
}

func checkMetadata(bad *errs.InvalidError, metadata map[string]string) {
	if len(metadata) > maxMetadata {
		bad.Add("metadata", "must have at most %d entries", maxMetadata)
	}
	for _, key := range sortedKeys(metadata) {
		if key == "" || utf8.RuneCountInString(key) > maxMetadataKey || !plainText(key) {
			bad.Add("metadata", "must have keys of 1 to %d characters, none of them a control character", maxMetadataKey)
		}
		if value := metadata[key]; utf8.RuneCountInString(value) > maxMetadataVal || strings.ContainsRune(value, 0) ||
			!utf8.ValidString(value) {
			bad.Add("metadata", "must have values of at most %d characters, without NUL", maxMetadataVal)
		}
	}
}

const unfitText = "must have at most %d characters, none of them a control character"

func checkText(bad *errs.InvalidError, field, s string) {
	if !fitText(s) {
		bad.Add(field, unfitText, maxText)
	}
}

func fitText(s string) bool { return utf8.RuneCountInString(s) <= maxText && plainText(s) }

func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Fingerprint is equal for two requests that ask for the same thing. The door,
// the expected total and the letter case of names and codes that are compared
// without regard to it do not count.
func (d *Draft) Fingerprint() [32]byte {
	b := make([]byte, 0, 512)
	b = appendTexts(b, "1", d.Recipient.UserID, d.Recipient.ServerID, d.Recipient.CharacterID,
		catalog.NormalizeCouponCode(d.Coupon), d.NotifyURL)
	b = appendNumber(b, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		b = appendTexts(b, l.SKU, l.ExternalReference, l.UseDate)
		b = appendNumber(b, int(l.Quantity))
		folded := make(map[string]string, len(l.Fields))
		for name, value := range l.Fields {
			folded[strings.ToLower(name)] = value
		}
		b = appendPairs(b, folded)
	}
	b = appendPairs(b, d.Metadata)
	return sha256.Sum256(appendTexts(b, string(d.Content)))
}

func appendPairs(b []byte, m map[string]string) []byte {
	b = appendNumber(b, len(m))
	for _, key := range sortedKeys(m) {
		b = appendTexts(b, key, m[key])
	}
	return b
}

// appendTexts writes each string behind its length, so that no two lists of strings
// write the same bytes.
func appendTexts(b []byte, values ...string) []byte {
	for _, s := range values {
		b = append(appendNumber(b, len(s)), s...)
	}
	return b
}

func appendNumber(b []byte, n int) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

func sortedKeys(m map[string]string) []string {
	if len(m) == 0 {
		return nil // as most are
	}
	return slices.Sorted(maps.Keys(m))
}
