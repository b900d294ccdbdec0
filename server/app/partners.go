package app

import (
	"orderhub/server/callback"
	"orderhub/server/console"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/door"
	"orderhub/server/gateway"
)

// partner is the door of one partner.
type partner struct {
	path string // where its API begins, for people
	open func(a *App) door.Door
}

// partners are the doors there are, by the name of their dialect. No two of them
// claim a path.
var partners = map[string]partner{
	bursagb.Name: {"/Order/create", func(a *App) door.Door {
		return bursagb.New(a.Doors, bursagb.Config{
			TokenKeys: a.store.Vault.Keys("bursagb token"), IntegrationOff: a.config.BursaGBOff,
			RefusedBasketOK: a.config.BursaGBRefusedOK,
		})
	}},
	gameso.Name: {"/v1/orders", func(a *App) door.Door {
		return gameso.New(a.Doors, a.Webhooks, gameso.Config{Limit: a.config.RateLimit})
	}},
	marketacc.Name: {"/api/v2", func(a *App) door.Door { return marketacc.New(a.Doors, marketacc.Config{}) }},
	"axcloud": {"/v1/channel", func(a *App) door.Door {
		return axcloud.New(a.Doors, axcloud.Config{ChannelOptional: a.config.AXCloudKeyAlone})
	}},
}

// mounts are the doors that are open, as the gateway takes them.
func (a *App) mounts() []gateway.Mount {
	mounts := []gateway.Mount{a.callbacks()}
	if a.console != nil {
		mounts = append(mounts, gateway.Mount{
			Name: "console", Path: console.Path, Handler: a.console, Matches: console.Matches,
		})
	}
	for _, name := range a.config.Doors {
		p, found := partners[name]
		if !found {
			continue
		}
		d := p.open(a)
		mounts = append(mounts, gateway.Mount{
			Name: name, Path: p.path, Matches: d.Matches, Handler: door.Watch(d, a.log, a.now, a.doorMetrics),
		})
	}
	return mounts
}

// callbacks is where providers tell by themselves.
func (a *App) callbacks() gateway.Mount {
	handler := callback.New(callback.Options{
		Directory: a.directory, Notices: a.tracedAttempts(), Gate: a.Doors.Gate, Log: a.log, Now: a.now, Registry: a.metrics,
	})
	return gateway.Mount{Name: "callbacks of providers", Path: callback.Path, Handler: handler, Matches: callback.Matches}
}
