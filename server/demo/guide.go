package demo

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fatih/color"
)

// Doors are the addresses at which a running demo is reached.
type Doors struct {
	HTTP    string
	GRPC    string
	Metrics string // "" when there are none
}

// Guide tells a person what the demo has and shows it at work.
type Guide struct {
	out      io.Writer
	paint    paint
	doors    Doors
	database string
	loadTime time.Duration
}

// NewGuide writes to out, in colours if that is a terminal that wants them.
func NewGuide(out io.Writer, terminal bool, doors Doors, database string, loadTime time.Duration) *Guide {
	return &Guide{out: out, paint: newPaint(terminal), doors: doors, database: database, loadTime: loadTime}
}

// paint colours text.
type paint struct{ title, dim, good, bad, sent func(a ...any) string }

func newPaint(terminal bool) paint {
	colour := func(attributes ...color.Attribute) func(a ...any) string {
		c := color.New(attributes...)
		if !terminal {
			c.DisableColor()
		}
		return c.SprintFunc()
	}
	return paint{
		title: colour(color.Bold), dim: colour(color.Faint), good: colour(color.FgGreen),
		bad: colour(color.FgYellow), sent: colour(color.FgCyan),
	}
}

func (g *Guide) printf(format string, args ...any) { fmt.Fprintf(g.out, format, args...) }

func (g *Guide) heading(text string) { g.printf("\n%s\n", g.paint.title(text)) }

// Welcome prints the doors, the keys and lines to paste.
func (g *Guide) Welcome() {
	g.printf("%s is ready, with demo data (loaded in %.1f s).\n", g.paint.title("orderhub"), g.loadTime.Seconds())
	g.heading("Doors")
	g.table(g.doorRows())
	g.heading("The operators' pages: " + g.url() + "/console")
	g.table(operatorRows())
	g.heading("Keys, as X-API-Key or as Authorization: Bearer")
	g.table(keyRows())
	g.heading("To paste")
	g.printf("  curl -s %s/hub/v1/orders -H 'X-API-Key: %s' -H 'Content-Type: application/json' \\\n    -d '%s'\n",
		g.url(), MerchantKey, `{"referenceId":"curl-1","lines":[{"sku":"EMAIL_BASIC","quantity":2}]}`)
	g.printf("  curl -s '%s/hub/v1/products?pageSize=5' -H 'X-API-Key: %s'\n", g.url(), MerchantKey)
	g.printf("  grpcurl -plaintext -H 'x-api-key: %s' \\\n    -d '%s' \\\n    %s orderhub.v1.OrderService/CreateOrder\n",
		MerchantKey, `{"order":{"reference_id":"grpcurl-1","lines":[{"sku":"DIAMOND_100","quantity":1}]}}`, g.doors.GRPC)
	g.printf("  grpcurl -plaintext %s describe orderhub.v1.OrderService\n", g.doors.GRPC)
}

// Serving says that the demo goes on.
func (g *Guide) Serving() { g.printf("\nServing until it is interrupted (Ctrl-C).\n") }

func (g *Guide) url() string { return "http://" + g.doors.HTTP }

func (g *Guide) doorRows() [][]string {
	rows := [][]string{
		{"REST", g.url() + "/hub/v1", "pages to browse: " + g.url() + "/docs"},
		{"gRPC", g.doors.GRPC, "with reflection and health"},
		{"GameSO", g.url() + "/v1/orders", "X-API-Key"},
		{"BursaGB", g.url() + "/Order/create", "sign in at /Login/Customer/Api/Verify as reseller@example.com, " + Password},
		{"marketacc", g.url() + "/api/v2", "Authorization: Bearer, X-Api-Key or ?api_key="},
		{"AX Cloud", g.url() + "/v1/channel", "Authorization: Token " + ChannelKey + ", Channel: Code " + ChannelCode},
	}
	if g.doors.Metrics != "" {
		rows = append(rows, []string{"metrics", "http://" + g.doors.Metrics + "/metrics"})
	}
	return append(rows, []string{"database", g.database})
}

func keyRows() [][]string {
	var rows [][]string
	for _, m := range Merchants() {
		wallet := "-"
		switch {
		case m.Balance != "":
			wallet = string(m.Currency) + " " + m.Balance
		case m.CreditLimit > 0:
			wallet = string(m.Currency) + " 0, credit " + m.CreditLimit.Format(m.Currency)
		}
		for _, key := range m.Keys {
			rows = append(rows, []string{key, m.Name, wallet, m.For})
		}
	}
	return rows
}

func operatorRows() [][]string {
	var rows [][]string
	for _, o := range Operators() {
		rows = append(rows, []string{o.Name, o.Password, o.Roles.String(), o.For})
	}
	return rows
}

func (g *Guide) table(rows [][]string) {
	w := tabwriter.NewWriter(g.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	_ = w.Flush() // as every other print here
}
