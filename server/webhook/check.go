package webhook

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/event"
	signing "orderhub/server/secret"
)

// Limits of what an endpoint may have.
const (
	MaxEndpoints   = 20 // of one merchant
	hintLength     = 4
	maxRetries     = 20
	maxRetryDelay  = time.Hour
	maxEventTypes  = 20
	maxDescription = 255
)

// checkNew finds what is wrong with a new endpoint.
func (s *Service) checkNew(e *Endpoint, secret string) error {
	bad := &errs.InvalidError{}
	s.checkURL(bad, e.URL)
	if f, known := formats[e.Format]; !known || f.House != (e.MerchantID == House) {
		bad.Add("format", "must be one of %s", strings.Join(merchantsFormats(), ", "))
	}
	if secret != "" || formats[e.Format].Signed {
		checkSecret(bad, e, secret)
	}
	checkSettings(bad, e)
	return bad.OrNil()
}

// merchantsFormats are the formats that merchants' endpoints may have.
func merchantsFormats() []string {
	names := slices.Sorted(maps.Keys(formats))
	return slices.DeleteFunc(names, func(name string) bool { return formats[name].House })
}

func (s *Service) checkURL(bad *errs.InvalidError, raw string) {
	if message := urlProblem(raw, s.allowLocal); message != "" {
		bad.Add("url", "%s", message)
	}
}

// CheckSecret returns an *errs.InvalidError on "secret" unless deliveries may be
// signed with it.
func CheckSecret(secret string) error {
	if err := signing.CheckSigning(secret); err != nil {
		return errs.Invalid("secret", "%s", err)
	}
	return nil
}

func checkSecret(bad *errs.InvalidError, e *Endpoint, secret string) {
	if f, known := formats[e.Format]; known && !f.Signed {
		bad.Add("secret", "must be left out: the format does not sign")
	} else if err := signing.CheckSigning(secret); err != nil {
		bad.Add("secret", "%s", err)
	}
}

func checkSettings(bad *errs.InvalidError, e *Endpoint) {
	checkEventTypes(bad, e)
	// What the hub has switched off may be changed and stay so.
	off := e.Status == StatusDisabled && e.DisableReason != ""
	if e.Status != StatusActive && e.Status != StatusInactive && !off {
		bad.Add("status", "must be active or inactive")
	}
	if e.MaxRetries != ByFormat && (e.MaxRetries < 0 || e.MaxRetries > maxRetries) {
		bad.Add("max_retries", "must be from 0 to %d", maxRetries)
	}
	if d := e.RetryDelay; d != 0 && (d < time.Second || d > maxRetryDelay || d%time.Second != 0) {
		bad.Add("retry_delay", "must be from 1 to %d whole seconds", int(maxRetryDelay/time.Second))
	}
	bad.CheckLine("description", e.Description, 0, maxDescription)
}

func checkEventTypes(bad *errs.InvalidError, e *Endpoint) {
	if len(e.EventTypes) > maxEventTypes {
		bad.Add("event_types", "must have at most %d entries", maxEventTypes)
		return
	}
	known := formats[e.Format].Events
	if known == nil {
		known = EventTypes()
	}
	checkKnown(bad, e.EventTypes, known)
}

func checkKnown(bad *errs.InvalidError, types, known []string) {
	for i, name := range types {
		field := fmt.Sprintf("event_types[%d]", i)
		switch {
		case slices.Contains(types[:i], name):
			bad.Add(field, "must not be repeated")
		case !slices.Contains(known, name):
			bad.Add(field, "must be one of %s", strings.Join(known, ", "))
		}
	}
}

// EventTypes are the types of events in the hub's own words.
func EventTypes() []string { return Names(event.Types) }

// Names are the types, or the kinds, of events as texts.
func Names[T ~string](types []T) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}
