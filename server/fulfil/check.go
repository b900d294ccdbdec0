package fulfil

import (
	"encoding/json"
	"regexp"
	"time"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/secret"
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
// *errs.InvalidError. What the settings say is its connector's.
func (p *Provider) Check() error {
	bad := &errs.InvalidError{}
	if !providerName.MatchString(p.Name) {
		bad.Add("name", "must be a lower-case letter, then up to 62 lower-case letters, digits or . _ -")
	}
	checkSettings(bad, p.Config)
	if p.Status != StatusActive && p.Status != StatusDisabled {
		bad.Add("status", `must be "active" or "disabled"`)
	}
	within(bad, "max_concurrency", p.Limits.Concurrency, maxConcurrency)
	within(bad, "rate_limit.requests_per_minute", p.Limits.RequestsPerMinute, maxRequests)
	within(bad, "rate_limit.burst", p.Limits.Burst, maxRequests)
	if t := p.Limits.Timeout; t != 0 && (t < minTimeout || t > maxTimeout) {
		bad.Add("timeout", "must be from 0.1 to 30 seconds")
	}
	if h := p.Limits.Horizon; h != 0 && (h < minHorizon || h > maxHorizon || h%time.Second != 0) {
		bad.Add("horizon", "must be whole seconds, from a minute to 30 days")
	}
	p.checkLowBalance(bad)
	return bad.OrNil()
}

func (p *Provider) checkLowBalance(bad *errs.InvalidError) {
	if p.LowBalance == 0 && p.LowBalanceCurrency == "" {
		return
	}
	if p.LowBalance < 0 || p.LowBalance >= tooDear {
		bad.Add("low_balance", "must not be negative, and have at most 12 digits before the point")
	}
	if _, err := money.ParseCurrency(string(p.LowBalanceCurrency)); err != nil {
		bad.Add("low_balance_currency", "must be an ISO 4217 code")
	}
}

// Bounds of what a connector is given.
const (
	maxSettings    = 64 << 10 // bytes
	maxCredentials = 20
	maxCredName    = 64 // characters
	maxCredential  = 4096

	// webhookSecret is the credential that a provider's messages are recognised by.
	webhookSecret = "webhook_secret"
)

func checkSettings(bad *errs.InvalidError, settings json.RawMessage) {
	var object map[string]json.RawMessage
	if len(settings) > maxSettings || len(settings) > 0 && (json.Unmarshal(settings, &object) != nil || object == nil) {
		bad.Add("settings", "must be a JSON object of at most %d bytes", maxSettings)
	}
}

// CheckCredentials finds what nobody signs in with, of credentials that are new; the
// error is an *errs.InvalidError, and repeats none of it.
func CheckCredentials(credentials map[string]string) error {
	bad := &errs.InvalidError{}
	if len(credentials) > maxCredentials {
		bad.Add("credentials", "must have at most %d entries", maxCredentials)
	}
	for name, value := range credentials {
		if n := utf8.RuneCountInString(name); n < 1 || n > maxCredName {
			bad.Add("credentials", "must have names of 1 to %d characters", maxCredName)
			break
		}
		bad.CheckText(errs.Entry("credentials", name), value, maxCredential)
	}
	if given := credentials[webhookSecret]; given != "" {
		if err := secret.CheckSigning(given); err != nil {
			bad.Add(errs.Entry("credentials", webhookSecret), "%s", err)
		}
	}
	return bad.OrNil()
}

func within(bad *errs.InvalidError, field string, n, most int) {
	if n < 0 || n > most {
		bad.Add(field, "must be from 0 to %d", most)
	}
}

// Check finds everything about an offer that is not allowed; the error is an
// *errs.InvalidError. supplied says whether the product's goods come from
// providers: for others an offer would never be used.
func (o *Offer) Check(supplied bool) error {
	bad := &errs.InvalidError{}
	if !supplied {
		bad.Add("product", "must be one whose goods come from a provider")
	}
	bad.CheckLine("provider_sku", o.ProviderSKU, 1, maxProviderSKU)
	if o.Cost < 0 || o.Cost >= tooDear {
		bad.Add("cost", "must not be negative, and have at most 12 digits before the point")
	}
	if _, err := money.ParseCurrency(string(o.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
	} else if int64(o.Cost)%int64(money.MinorUnit(o.Currency)) != 0 {
		bad.Add("cost", "must be a whole number of minor units of its currency")
	}
	if o.Status != StatusActive && o.Status != StatusDisabled {
		bad.Add("status", `must be "active" or "disabled"`)
	}
	within(bad, "priority", o.Priority, maxPriority)
	if o.MaxLoss != nil {
		within(bad, "max_loss_basis_points", *o.MaxLoss, wholeCost)
	}
	return bad.OrNil()
}
