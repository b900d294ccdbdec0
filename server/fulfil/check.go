package fulfil

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/fault"
	"orderhub/server/money"
)

// What a provider's limits and an offer may be.
const (
	maxConcurrency = 1000
	maxRequests    = 1_000_000
	minTimeout     = 100 * time.Millisecond
	maxTimeout     = 30 * time.Second
	minHorizon     = time.Minute
	maxHorizon     = 30 * 24 * time.Hour
	maxPriority    = 1_000_000
	maxProviderSKU = 255 // characters

	// tooDear is the first amount of 13 digits.
	tooDear money.Amount = 1_000_000_000_000_000_000
)

var providerName = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// Check finds everything about a provider that is not allowed; the error is an
// *fault.InvalidError. Settings and credentials are its connector's.
func (p *Provider) Check() error {
	bad := &fault.InvalidError{}
	if !providerName.MatchString(p.Name) {
		bad.Add("name", "must be a lower-case letter, then up to 62 lower-case letters, digits or . _ -")
	}
	within(bad, "max_concurrency", p.Limits.Concurrency, maxConcurrency)
	within(bad, "rate_limit.requests_per_minute", p.Limits.RequestsPerMinute, maxRequests)
	within(bad, "rate_limit.burst", p.Limits.Burst, maxRequests)
	if t := p.Limits.Timeout; t != 0 && (t < minTimeout || t > maxTimeout) {
		bad.Add("timeout", "must be from 0.1 to 30 seconds")
	}
	if h := p.Limits.Horizon; h != 0 && (h < minHorizon || h > maxHorizon) {
		bad.Add("horizon", "must be from a minute to 30 days")
	}
	return bad.OrNil()
}

func within(bad *fault.InvalidError, field string, n, most int) {
	if n < 0 || n > most {
		bad.Add(field, "must be from 0 to %d", most)
	}
}

// Check finds everything about an offer that is not allowed; the error is an
// *fault.InvalidError. supplied says whether the product's goods come from
// providers: for others an offer would never be used.
func (o *Offer) Check(supplied bool) error {
	bad := &fault.InvalidError{}
	if !supplied {
		bad.Add("product", "must be one whose goods come from a provider")
	}
	if n := utf8.RuneCountInString(o.ProviderSKU); n < 1 || n > maxProviderSKU || !utf8.ValidString(o.ProviderSKU) ||
		strings.ContainsFunc(o.ProviderSKU, unicode.IsControl) {
		bad.Add("provider_sku", "must have 1 to %d characters, none of them a control character", maxProviderSKU)
	}
	if o.Cost < 0 || o.Cost >= tooDear {
		bad.Add("cost", "must not be negative, and have at most 12 digits before the point")
	}
	if _, err := money.ParseCurrency(string(o.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
	}
	within(bad, "priority", o.Priority, maxPriority)
	return bad.OrNil()
}
