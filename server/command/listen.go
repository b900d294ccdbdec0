package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/secret"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

const (
	maxWebhookBytes = 1 << 20
	listenGrace     = 2 * time.Second
)

type webhookListenCommand struct {
	Address string `default:"127.0.0.1:9955" placeholder:"ADDRESS" help:"Where to listen (default: 127.0.0.1:9955). Port 0 takes a free one."`
	Secret  string `env:"ORDERHUB_WEBHOOK_SECRET" placeholder:"SECRET" help:"The endpoint's secret; of format bursagb the callback key. Without it nothing is verified."`
	Format  string `enum:"standard,gameso,bursagb" default:"standard" help:"standard, gameso or bursagb (default: standard)."`
	Status  int    `default:"200" placeholder:"CODE" help:"What to answer to messages that are right (default: 200). To others 401."`
	Count   int    `placeholder:"N" help:"Stop after so many messages."`
}

func (*webhookListenCommand) Help() string {
	return `For those who write a receiver: prints each message with whether its signature is right. A hub on this machine
may post to it when it is started with --allow-local-targets, as "orderhub demo" is.

Examples:

    orderhub webhook listen --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    orderhub webhook listen --format gameso --secret "$SECRET" --status 500`
}

func (c *webhookListenCommand) Run(ctx context.Context, std *Streams) error {
	if c.Status < 200 || c.Status > 599 {
		return errors.New("--status must be an HTTP status from 200 to 599")
	}
	if _, err := secret.SigningKey(c.Secret); err != nil {
		return fmt.Errorf("--secret %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Address)
	if err != nil {
		return err
	}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	server := &http.Server{
		Handler: &webhookPrinter{command: c, out: std.Out, enough: enough}, ReadHeaderTimeout: listenGrace,
		ReadTimeout: time.Minute,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), listenGrace)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	fmt.Fprintf(std.Err, "Listening on http://%s, format %s.\n", listener.Addr(), c.Format)
	if c.Secret == "" {
		fmt.Fprintln(std.Err, "Nothing is verified: no --secret was given.")
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

type webhookPrinter struct {
	command *webhookListenCommand
	enough  func()

	mu       sync.Mutex
	out      io.Writer
	received int
}

func (p *webhookPrinter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhookBytes))
	if err != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	verdict, status := p.verify(r, body)
	w.WriteHeader(status)
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(
		p.out, "%s %s %s, answered %d\n%s\n", time.Now().UTC().Format(time.RFC3339), verdict, p.identify(r), status, body,
	)
	if p.received++; p.received == p.command.Count {
		p.enough()
	}
}

func (p *webhookPrinter) verify(r *http.Request, body []byte) (verdict string, status int) {
	c := p.command
	if c.Secret == "" {
		return "NOT VERIFIED", c.Status
	}
	var err error
	switch c.Format {
	case webhook.FormatStandard:
		err = standard.Verify(c.Secret, r.Header.Get, body, time.Now())
	case gameso.Name:
		err = gameso.SignatureSettings{}.Verify(
			c.Secret, dialect.Message{Header: r.Header.Get, Body: body, ReceivedAt: time.Now()},
		)
	default:
		err = bursagb.Verify(c.Secret, r.Header.Get)
	}
	if err != nil {
		return "REFUSED (" + err.Error() + ")", http.StatusUnauthorized
	}
	return "VERIFIED", c.Status
}

// identify is the message's identifier, where its format has one.
func (p *webhookPrinter) identify(r *http.Request) string {
	for _, name := range []string{standard.HeaderID, "X-Webhook-Delivery"} {
		if id := r.Header.Get(name); id != "" {
			return id
		}
	}
	return "message"
}
