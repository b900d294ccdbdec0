package axcloud

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"orderhub/server/door"
)

// maxQuantity is more than any product can be ordered of at once.
const maxQuantity = 1_000_000

// text reads a required string that is not blank.
func (o *object) text(field string) string {
	s, ok := o.maybeEmpty(field)
	if ok && strings.TrimSpace(s) == "" {
		o.fail(field, textBlank)
	}
	return s
}

// maybeEmpty reads a required string that may be empty.
func (o *object) maybeEmpty(field string) (string, bool) {
	v, ok := o.Required(field)
	if ok {
		ok = o.isText(field, v)
	}
	return v.Text, ok
}

func (o *object) optionalText(field string) *string {
	return optional(o, field, func(field string, v door.Value) string {
		o.isText(field, v)
		return v.Text
	})
}

// required reads a field that has to be there.
func required[T any](o *object, field string, read func(field string, v door.Value) T) (value T) {
	if v, ok := o.Required(field); ok {
		value = read(field, v)
	}
	return value
}

// optional reads a field that may be missing.
func optional[T any](o *object, field string, read func(field string, v door.Value) T) *T {
	v, ok := o.Optional(field)
	if !ok {
		return nil
	}
	return new(read(field, v))
}

// isText reports whether a value is a string that can be kept.
func (o *object) isText(field string, v door.Value) bool {
	text, ok := o.TextOf(field, v)
	return ok && o.Storable(field, text)
}

func (o *object) shortText(field string, maxCharacters int) string {
	s := o.text(field)
	o.Short(field, s, maxCharacters)
	return s
}

var emailPattern = regexp.MustCompile(
	`^[^\s@,;:<>()\[\]"\\.]+(\.[^\s@,` +
		`;:<>()\[\]"\\.]+)*@([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]*[\p{L}\p{N}]$`)

func (o *object) email(field string) string {
	s := o.text(field)
	valid := len(s) <= 320 && emailPattern.MatchString(s) && !strings.ContainsFunc(s, unicode.IsControl)
	if !valid && strings.TrimSpace(s) != "" && !door.HasNUL(s) {
		o.fail(field, textNotEmail)
	}
	return s
}

func (o *object) link(field string) string {
	s := o.text(field)
	u, err := url.Parse(s)
	valid := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
	if !valid && strings.TrimSpace(s) != "" && !door.HasNUL(s) {
		o.fail(field, textNotURL)
	}
	return s
}

// choice reads one of the names, exactly as it is spelt.
func (o *object) choice(field string, names ...string) string {
	v, ok := o.Required(field)
	if ok && (v.Kind != door.String || !slices.Contains(names, v.Text)) {
		o.fail(field, notAChoice(v.Text))
	}
	return v.Text
}

func (o *object) flag(field string) bool {
	v, ok := o.Required(field)
	return ok && o.BoolOf(field, v)
}

// quantity reads an integer from 1; 0 when it is none.
func (o *object) quantity(field string) int64 {
	v, ok := o.Required(field)
	if !ok {
		return 0
	}
	n, ok := o.IntegerOf(field, v)
	if !ok || !o.Within(field, n, 1, maxQuantity) {
		return 0
	}
	return n
}

func (o *object) money(field string) decimal { return required(o, field, o.decimal) }

func (o *object) optionalMoney(field string) *decimal { return optional(o, field, o.decimal) }

func (o *object) decimal(field string, v door.Value) decimal {
	d, refusal := readDecimal(v)
	if refusal != "" {
		o.fail(field, refusal)
	}
	return d
}

func (o *object) moment(field string) moment { return required(o, field, o.fullMoment) }

// momentOrDate reads a required moment that may be a plain date.
func (o *object) momentOrDate(field string) *moment {
	v, ok := o.Required(field)
	if !ok {
		return nil
	}
	return new(o.parsedMoment(field, v, true))
}

func (o *object) optionalMoment(field string) *moment { return optional(o, field, o.fullMoment) }

func (o *object) fullMoment(field string, v door.Value) moment {
	return o.parsedMoment(field, v, false)
}

func (o *object) parsedMoment(field string, v door.Value, dateToo bool) moment {
	m, ok := parseMoment(v.Text)
	if v.Kind != door.String || !ok || (m.style == styleDate && !dateToo) {
		o.fail(field, textNotMoment)
	}
	return m
}
