package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"orderhub/server/demo"
	"orderhub/server/fakepartner"
)

type simulateCommand struct {
	Dialect string  `arg:"" help:"Partner to stand in for: ${dialects}."`
	Listen  string  `default:"127.0.0.1:9001" placeholder:"ADDRESS" help:"Address to listen on (default: 127.0.0.1:9001). Port 0 takes a free one."`
	Script  string  `placeholder:"FILE" help:"How the partner behaves, as JSON; - for standard input (default: it behaves)."`
	Seed    *uint64 `placeholder:"N" help:"Which calls a share of faults hits, instead of the script's."`
}

func (*simulateCommand) Help() string {
	return `Stands in for a partner, so that integrators can test without a real one: it speaks the dialect as the partner
would, sells what "orderhub demo" sells, and misbehaves as a script says. Nothing is kept when it ends.
A script is a JSON object; docs/simulate.md has all of it:

    {"delayMs": 200,
     "scripts": {"DIAMOND_100": {"failLast": 1}},
     "faults": [{"on": "place", "do": "timeout_after", "share": 0.1},
                {"on": "inquire", "do": "status", "status": 503, "first": 2}]}

Examples:

    orderhub simulate gameso
    orderhub simulate bursagb --listen 127.0.0.1:9100 --script faults.json`
}

func (c *simulateCommand) Run(ctx context.Context, std *Streams) (err error) {
	script, err := c.script(std)
	if err != nil {
		return err
	}
	dir, remove, err := fakepartner.TempDir()
	if err != nil {
		return err
	}
	defer remove()
	partner, err := fakepartner.Start(
		ctx,
		fakepartner.Options{
			Dialect: c.Dialect, Listen: c.Listen, Script: script, Dir: dir, Log: newLogger(std.Err, slog.LevelWarn),
		},
	)
	if err != nil {
		return err
	}
	c.welcome(std.Out, partner.Address())
	<-ctx.Done()
	return partner.Close()
}

func (c *simulateCommand) script(std *Streams) (script fakepartner.Script, err error) {
	if c.Script != "" {
		const most = 1 << 20
		text, err := readInput(c.Script, std, most)
		if err != nil {
			return script, err
		}
		if script, err = fakepartner.ParseScript(text); err != nil {
			return script, err
		}
	}
	if c.Seed != nil {
		script.Seed = *c.Seed
	}
	return script, nil
}

// welcome says how the partner is reached, with something to paste.
func (c *simulateCommand) welcome(w io.Writer, address string) {
	paste := map[string]string{
		"gameso": `curl -s http://%s/v1/orders -H 'X-API-Key: ` + demo.MerchantKey +
			`' -H 'Content-Type: application/json' -d ` +
			`'{"reference_id":"test-1","user_id":"42","items":[{"sku":"DIAMOND_100"}]}'`,
		"bursagb": `curl -s http://%s/Login/Customer/Api/Verify -H 'Content-Type: application/json' -d ` +
			`'{"Email":"reseller@example.com","Password":"demo-password"}'`,
		"marketacc": `curl -s http://%s/api/v2/products -H 'Authorization: Bearer ` + demo.MerchantKey + `'`,
		"axcloud": `curl -s http://%s/v1/channel/products/day-ticket -H 'Authorization: Token ` + demo.ChannelKey +
			`' -H 'Channel: Code ` + demo.ChannelCode + `'`,
		"http": `curl -s http://%s/ -H 'Authorization: Bearer ` + demo.MerchantKey +
			`' -H 'Content-Type: application/json' -d '{"type":"list"}'`,
		"orderhub": `grpcurl -plaintext -H 'x-api-key: ` + demo.MerchantKey +
			`' -d '{}' %s orderhub.v1.CatalogService/ListProducts`,
	}
	scheme := "http://"
	if c.Dialect == "orderhub" {
		scheme = ""
	}
	fmt.Fprintf(w, "Simulated %s at %s%s, with the demo's accounts and products. Try:\n\n    %s\n\nInterrupt to stop.\n",
		c.Dialect, scheme, address, fmt.Sprintf(paste[c.Dialect], address))
}
