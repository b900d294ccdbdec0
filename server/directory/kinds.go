package directory

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/manual"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/stock"
	"orderhub/server/errs"
)

// Ours is what of the hub's own connectors may work on.
type Ours struct {
	Units     stock.Units
	Purchases manual.Queue
}

// Kind is a dialect in which the hub buys.
type Kind struct {
	// connect makes a connector from a provider's settings and credentials, and what
	// is ours.
	connect func(s outbound.Setup, ours Ours) (dialect.Connector, error)
	lists   bool // its providers say what they sell
}

// KindOf is that of connectors of the type C.
func KindOf[C dialect.Connector](connect func(s outbound.Setup, ours Ours) (C, error)) Kind {
	var none C
	_, lists := any(none).(dialect.Lister)
	return Kind{lists: lists, connect: func(s outbound.Setup, ours Ours) (dialect.Connector, error) {
		c, err := connect(s, ours)
		if err != nil {
			return nil, err // and not a nil in the clothes of a connector
		}
		return c, nil
	}}
}

// Outward is KindOf for a connector that needs nothing of ours.
func Outward[C dialect.Connector](connect func(s outbound.Setup) (C, error)) Kind {
	return KindOf(func(s outbound.Setup, _ Ours) (C, error) { return connect(s) })
}

// Kinds are the dialects in which the hub buys, by the name that a provider's row
// has.
type Kinds map[string]Kind

// Names are in order.
func (k Kinds) Names() []string { return slices.Sorted(maps.Keys(k)) }

// Listing are the names of those whose providers say what they sell.
func (k Kinds) Listing() []string {
	return slices.DeleteFunc(k.Names(), func(name string) bool { return !k[name].lists })
}

// Check returns an *errs.InvalidError when no connector has the name, or when it
// does not take the settings and credentials.
func (k Kinds) Check(name string, settings json.RawMessage, credentials map[string]string) error {
	kind, found := k[name]
	if !found {
		return errs.Invalid("connector", "must be one of %s", strings.Join(k.Names(), ", "))
	}
	connector, err := kind.connect(outbound.Setup{Settings: settings, Credentials: credentials, Now: time.Now}, Ours{})
	if err != nil {
		return errs.Invalid("settings", "must be as the connector %s takes them: %v", name, err)
	}
	closeConnector(connector)
	return nil
}
