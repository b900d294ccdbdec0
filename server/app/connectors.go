package app

import (
	"encoding/json"
	"strings"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/dialect/orderhub"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/dialect/stock"
	"orderhub/server/fault"
)

// kind is a dialect in which the hub buys.
type kind struct {
	// connect makes a connector from a provider's settings and credentials, and our
	// own stock.
	connect func(s outbound.Setup, units stock.Units) (dialect.Connector, error)
	lists   bool // its providers say what they sell
}

// kindOf is that of connectors of the type C.
func kindOf[C dialect.Connector](connect func(s outbound.Setup, units stock.Units) (C, error)) kind {
	var none C
	_, lists := any(none).(dialect.Lister)
	return kind{lists: lists, connect: func(s outbound.Setup, units stock.Units) (dialect.Connector, error) {
		c, err := connect(s, units)
		if err != nil {
			return nil, err // and not a nil in the clothes of a connector
		}
		return c, nil
	}}
}

// outward is kindOf for a connector that needs nothing of ours.
func outward[C dialect.Connector](connect func(s outbound.Setup) (C, error)) kind {
	return kindOf(func(s outbound.Setup, _ stock.Units) (C, error) { return connect(s) })
}

// connectors lists the dialects in which the hub buys, by the name that a
// provider's row has.
var connectors = map[string]kind{
	"sim":          outward(func(s outbound.Setup) (*sim.Simulator, error) { return sim.New(s.Settings, s.Now) }),
	"axcloud":      outward(axcloud.NewConnector),
	bursagb.Name:   outward(bursagb.NewConnector),
	gameso.Name:    outward(gameso.NewConnector),
	marketacc.Name: outward(marketacc.NewConnector),
	orderhub.Name:  outward(orderhub.NewConnector),
	stock.Name: kindOf(func(s outbound.Setup, units stock.Units) (*stock.Connector, error) {
		return stock.New(units), s.Decode(&struct{}{}) // it has no settings
	}),
}

// checkConnector returns an *fault.InvalidError when no connector has the name,
// or when it does not take the settings and credentials.
func checkConnector(name string, settings json.RawMessage, credentials map[string]string) error {
	known, found := connectors[name]
	if !found {
		return fault.Invalid("connector", "must be one of %s", strings.Join(Connectors(), ", "))
	}
	connector, err := known.connect(outbound.Setup{Settings: settings, Credentials: credentials, Now: time.Now}, nil)
	if err != nil {
		return fault.Invalid("settings", "must be as the connector %s takes them: %v", name, err)
	}
	closeConnector(connector)
	return nil
}
