package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"orderhub/server/clock"
)

// shown is how long a page of the console takes.
type shown struct {
	Page string
	Rows int // orders in the database
	timing
}

const (
	consolePassword = "a password of nobody's"
	pageCalls       = 40
	pageAtMost      = 200 * time.Millisecond
)

// consolePages are those that an operator opens day by day. {number} is that of an order.
var consolePages = []string{
	"/today", "/orders", "/orders?status=processing", "/orders?sku=bench-001", "/orders?merchant=bench-001",
	"/orders/{number}", "/attempts", "/merchants", "/merchants/bench-001", "/merchants/bench-001/wallet", "/approvals",
	"/catalogue", "/catalogue/products/bench-001", "/providers", "/webhooks", "/operators", "/audit",
	"/margins", "/margins?by=product&then=merchant", "/claims", "/purchases", "/rates", "/catalogue/prices", "/events",
	"/holds", "/findings",
}

// measureConsole opens pages as an operator, one at a time.
func (s *suite) measureConsole(ctx context.Context, e engine, r *results, g *grown) (err error) {
	if _, err := s.program.Command(ctx, e, g.database, "operator", "create", "ada", "--role", "admin"); err != nil {
		return err
	}
	invitation, err := s.program.Command(ctx, e, g.database, "operator", "invite", "ada")
	if err != nil {
		return err
	}
	hub, err := s.program.Serve(ctx, e, g.database, "ORDERHUB_CONSOLE=true")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hub.Stop()) }()
	b, err := newBrowser("http://" + hub.HTTP)
	if err != nil {
		return err
	}
	if err := b.join(ctx, strings.TrimSpace(invitation)); err != nil {
		return err
	}
	if err := s.awaitMargins(ctx, e, r, g); err != nil {
		return err
	}
	for _, page := range consolePages {
		path := strings.ReplaceAll(page, "{number}", fmt.Sprintf("ord_%026d", g.rows/2))
		times := make([]time.Duration, pageCalls)
		for i := range times {
			began := time.Now()
			if _, err := b.ask(ctx, http.MethodGet, path, nil); err != nil {
				return err
			}
			times[i] = time.Since(began)
		}
		took := timingOf(times)
		s.say("%s with %d orders, %s: p50 %v, p99 %v", r.Database, g.rows, page, took.P50, took.P99)
		r.Console = append(r.Console, shown{page, g.rows, took})
	}
	return nil
}

// marginsTimeout bounds how long a hub may take to count what it found when it started.
const marginsTimeout = 15 * time.Minute

// awaitMargins returns when the margins of all orders that were made are counted, by the hub that runs.
func (s *suite) awaitMargins(ctx context.Context, e engine, r *results, g *grown) error {
	ctx, cancel := context.WithTimeout(ctx, marginsTimeout)
	defer cancel()
	from, began := time.Now().Add(-madeSince(g.rows)).UTC().Format(time.DateOnly), time.Now()
	for {
		out, err := s.program.Command(
			ctx, e, g.database, "report", "margin", "--by", "merchant", "--from", from, "--csv",
		)
		if err != nil {
			return err
		}
		units, err := unitsIn(out)
		if err != nil {
			return err
		}
		if units >= 2*g.rows {
			s.say("%s with %d orders: margins counted after %v", r.Database, g.rows, time.Since(began))
			return nil
		}
		if err := clock.Sleep(ctx, time.Second); err != nil {
			return fmt.Errorf("margins of %d units of %d are counted: %w", units, 2*g.rows, err)
		}
	}
}

// unitsIn adds up the units of margins as CSV.
func unitsIn(text string) (units int, err error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	column := slices.Index(rows[0], "units")
	if column < 0 {
		return 0, fmt.Errorf("margins have no units, only %q", rows[0])
	}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[column])
		if err != nil {
			return 0, err
		}
		units += n
	}
	return units, nil
}

// browser is one that follows links and keeps cookies.
type browser struct {
	http.Client

	base string
}

func newBrowser(base string) (*browser, error) {
	jar, err := cookiejar.New(nil)
	return &browser{Client: http.Client{Jar: jar, Timeout: time.Minute}, base: base + "/console"}, err
}

var secretShown = regexp.MustCompile(`<code class="secret">([A-Z2-7]+)</code>`)

// join is the way of an operator from the invitation to a session.
func (b *browser) join(ctx context.Context, invitation string) error {
	page, err := b.ask(ctx, http.MethodPost, "/join", url.Values{
		"invitation": {invitation}, "password": {consolePassword}, "again": {consolePassword},
	})
	if err != nil {
		return err
	}
	secret := secretShown.FindStringSubmatch(page)
	if secret == nil {
		return errors.New("joining shows no second factor")
	}
	code, err := totp.GenerateCode(secret[1], time.Now())
	if err != nil {
		return err
	}
	_, err = b.ask(ctx, http.MethodPost, "/second-factor", url.Values{"code": {code}})
	return err
}

// ask is the page at the end of all redirections.
func (b *browser) ask(ctx context.Context, method, path string, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return "", err
	case answer.StatusCode != http.StatusOK || strings.HasSuffix(answer.Request.URL.Path, "/sign-in"):
		return "", fmt.Errorf("%s %s ends at %s with %s", method, path, answer.Request.URL.Path, answer.Status)
	}
	return string(page), nil
}
