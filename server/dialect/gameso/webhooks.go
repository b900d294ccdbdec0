package gameso

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/webhook"
)

// Bounds of section 4.2. The defaults are those of the format.
const (
	mostRetries = 10
	mostDelay   = 3600 // seconds
)

// fromWebhook reads what create or change sends, in the order of the partner's
// table, so that of several mistakes the first one is told. The error is a
// *door.Refusal.
func fromWebhook(v door.Value, create, allowLocal bool) (webhook.Change, error) {
	r := newReader(v)
	var c webhook.Change
	if c.URL = r.given("url", create); c.URL != nil {
		r.obey(webhook.CheckURL(*c.URL, allowLocal))
	}
	if c.Secret = r.given("secret", create); c.Secret != nil {
		r.obey(webhook.CheckSecret(*c.Secret))
	}
	c.EventTypes = r.events()
	if status := r.given("status", false); status != nil {
		s := webhook.Status(*status)
		if s != webhook.StatusActive && s != webhook.StatusInactive {
			r.Break(invalid("status must be one of active, inactive"))
		}
		c.Status = &s
	}
	if retries, found := r.number("max_retries", 0, mostRetries); found {
		c.MaxRetries = new(int(retries))
	}
	if seconds, found := r.number("retry_delay", 1, mostDelay); found {
		c.RetryDelay = new(time.Duration(seconds) * time.Second)
	}
	return c, r.Err()
}

// given reads a text that may be absent unless it is required, but not null. It
// is nil where there is none to judge.
func (r reader) given(name string, required bool) *string {
	if _, found := r.Get(name); !found && !required {
		return nil
	}
	text, ok := r.RequiredText(name)
	if !ok {
		return nil
	}
	return &text
}

// obey takes over what the hub has against a value, if anything.
func (r reader) obey(err error) {
	if e := words.Of(err); e != nil {
		r.Break(invalid("%s", e.Message))
	}
}

func (r reader) number(name string, low, high int64) (int64, bool) {
	if _, found := r.Get(name); !found {
		return 0, false
	}
	v, ok := r.Required(name)
	if !ok {
		return 0, false
	}
	return integer(&r.Fields, name, v, low, high), true
}

func (r reader) events() *[]string {
	if _, found := r.Get("events"); !found {
		return nil
	}
	list, ok := r.Required("events")
	if !ok {
		return nil
	}
	elements, _ := r.ArrayOf("events", list, 1, math.MaxInt)
	var wanted []string
	for i, element := range elements {
		path := fmt.Sprintf("events[%d]", i)
		switch name, ok := r.TextOf(path, element); {
		case !ok:
		case !slices.Contains(events, name):
			r.Break(invalid("%s must be one of %s", path, strings.Join(events, ", ")))
		case slices.Contains(wanted, name):
			r.Break(invalid("%s must not be repeated", path))
		}
		wanted = append(wanted, element.Text)
	}
	return &wanted
}

func (d *Door) createWebhook(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	body, err := door.Body{}.Object(r)
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
	body, err := door.Body{}.Object(r)
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
