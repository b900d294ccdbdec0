package app

import (
	"encoding/json"
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

// newConnector makes a connector from a provider's settings and credentials, and
// our own stock.
type newConnector func(s outbound.Setup, units stock.Units) (dialect.Connector, error)

// connectors lists the dialects in which the hub buys, by the name that a
// provider's row has.
var connectors = map[string]newConnector{
	"sim": func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) { return sim.New(s.Settings, s.Now) },
	"axcloud": func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) {
		return orNil(axcloud.NewConnector(s))
	},
	bursagb.Name: func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) {
		return orNil(bursagb.NewConnector(s))
	},
	gameso.Name: func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) { return orNil(gameso.NewConnector(s)) },
	marketacc.Name: func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) {
		return orNil(marketacc.NewConnector(s))
	},
	stock.Name: func(s outbound.Setup, units stock.Units) (dialect.Connector, error) {
		return stock.New(units), s.Decode(&struct{}{}) // it has no settings
	},
	orderhub.Name: func(s outbound.Setup, _ stock.Units) (dialect.Connector, error) {
		return orNil(orderhub.NewConnector(s))
	},
}

// orNil keeps a failed constructor's nil from becoming a connector that is not nil.
func orNil[C dialect.Connector](c C, err error) (dialect.Connector, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// checkConnector returns an *fault.InvalidError when no connector has the name,
// or when it does not take the settings and credentials.
func checkConnector(name string, settings json.RawMessage, credentials map[string]string) error {
	connect, found := connectors[name]
	if !found {
		return fault.Invalid("connector", "must be one that this hub knows")
	}
	connector, err := connect(outbound.Setup{Settings: settings, Credentials: credentials, Now: time.Now}, nil)
	if err != nil {
		return fault.Invalid("settings", "must be as the connector %s takes them: %v", name, err)
	}
	closeConnector(connector)
	return nil
}
