package gameso

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/webhook"
)

// The events that a webhook may want, section 5.1.
var events = []string{"order.completed", "order.failed"}

// Bounds of section 4.2. The defaults are those of the format.
const (
	mostRetries = 10
	mostDelay   = 3600 // seconds
)

// fromWebhook reads what create or change sends, in the order of the partner's
// table, so that of several mistakes the first one is told. The error is a
// *refusal.
func fromWebhook(v door.Value, create, allowLocal bool) (webhook.Change, error) {
	r := &reader{}
	var c webhook.Change
	if c.URL = r.given(v, "url", create); c.URL != nil {
		r.obey(webhook.CheckURL(*c.URL, allowLocal))
	}
	if c.Secret = r.given(v, "secret", create); c.Secret != nil {
		r.obey(webhook.CheckSecret(*c.Secret))
	}
	c.EventTypes = r.events(v)
	if status := r.given(v, "status", false); status != nil {
		s := webhook.Status(*status)
		if s != webhook.StatusActive && s != webhook.StatusInactive {
			r.invalid("status must be one of active, inactive")
		}
		c.Status = &s
	}
	if retries, found := r.number(v, "max_retries", 0, mostRetries); found {
		n := int(retries)
		c.MaxRetries = &n
	}
	if seconds, found := r.number(v, "retry_delay", 1, mostDelay); found {
		delay := time.Duration(seconds) * time.Second
		c.RetryDelay = &delay
	}
	return c, r.err()
}

// given reads a text that may be absent unless it is required, but not null. It
// is nil where there is none to judge.
func (r *reader) given(v door.Value, name string, required bool) *string {
	field, found := v.Get(name)
	switch {
	case !found && !required:
		return nil
	case !found, field.Kind == door.Null, field.Kind == door.String && field.Text == "":
		r.bad("%s is required", name)
	case field.Kind != door.String:
		r.bad("%s must be a string", name)
	default:
		return &field.Text
	}
	return nil
}

// obey takes over what the hub has against a value, if anything.
func (r *reader) obey(err error) {
	if e := refusalOf(err); e != nil {
		r.invalid("%s", e.message)
	}
}

func (r *reader) number(v door.Value, name string, low, high int64) (int64, bool) {
	field, found := v.Get(name)
	if !found {
		return 0, false
	}
	if field.Kind == door.Null {
		r.bad("%s is required", name)
		return 0, false
	}
	return r.integer(field, name, low, high), true
}

func (r *reader) events(v door.Value) *[]string {
	field, found := v.Get("events")
	switch {
	case !found:
		return nil
	case field.Kind == door.Null:
		r.bad("events is required")
	case field.Kind != door.Array:
		r.bad("events must be an array")
	case len(field.Elements) == 0:
		r.invalid("events must have at least 1 entry")
	}
	var wanted []string
	for i, element := range field.Elements {
		path := fmt.Sprintf("events[%d]", i)
		switch {
		case element.Kind != door.String:
			r.bad("%s must be a string", path)
		case !slices.Contains(events, element.Text):
			r.invalid("%s must be one of %s", path, strings.Join(events, ", "))
		case slices.Contains(wanted, element.Text):
			r.invalid("%s must not be repeated", path)
		}
		wanted = append(wanted, element.Text)
	}
	return &wanted
}

func (d *Door) createWebhook(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	wanted, err := fromWebhook(body, true, d.hub.AllowLocalTargets)
	if err != nil {
		return err
	}
	e := wanted.New(caller.MerchantID, Name)
	if len(e.EventTypes) == 0 {
		e.EventTypes = events
	}
	created, _, err := d.webhooks.Create(r.Context(), e, *wanted.Secret) // the client has its secret
	return answerWebhook(w)(created, err)
}

func (d *Door) listWebhooks(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	endpoints, err := d.webhooks.List(r.Context(), caller.MerchantID, Name)
	if err != nil {
		return err
	}
	list := make([]webhookWire, len(endpoints))
	for i := range endpoints {
		list[i] = toWebhook(&endpoints[i])
	}
	door.WriteJSON(w, http.StatusOK, list)
	return nil
}

func (d *Door) readWebhook(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	id, err := webhookID(p)
	if err != nil {
		return err
	}
	return answerWebhook(w)(d.webhooks.Get(r.Context(), caller.MerchantID, id, Name))
}

func (d *Door) changeWebhook(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	id, err := webhookID(p)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	change, err := fromWebhook(body, false, d.hub.AllowLocalTargets)
	if err != nil {
		return err
	}
	return answerWebhook(w)(d.webhooks.Update(r.Context(), caller.MerchantID, id, Name, change))
}

func (d *Door) removeWebhook(w http.ResponseWriter, r *http.Request, p door.Params, caller *account.Principal) error {
	id, err := webhookID(p)
	if err != nil {
		return err
	}
	return answerWebhook(w)(d.webhooks.Delete(r.Context(), caller.MerchantID, id, Name))
}

// answerWebhook answers with the webhook that a call returned, or passes its
// error on.
func answerWebhook(w http.ResponseWriter) func(webhook.Endpoint, error) error {
	return func(e webhook.Endpoint, err error) error {
		if err == nil {
			door.WriteJSON(w, http.StatusOK, toWebhook(&e))
		}
		return err
	}
}

// webhookID reads an id; what is none is nobody's.
func webhookID(p door.Params) (int64, error) {
	id, err := strconv.ParseInt(p.Get("id"), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != p.Get("id") {
		return 0, webhook.ErrEndpointNotFound
	}
	return id, nil
}
