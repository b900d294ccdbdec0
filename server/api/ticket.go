package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
)

// TicketHeader is the metadata that a ticket comes in; over REST it is in the
// query, and the gateway moves it here.
const TicketHeader = "x-watch-ticket"

const (
	// ticketLifetime is how long a ticket opens streams: it may end up in a log.
	ticketLifetime = time.Minute
	ticketUse      = "orderhub watch ticket"
)

// tickets makes and reads what opens a stream without a key. Nothing is kept: a
// ticket names, encrypted, the key that asked for it.
type tickets struct {
	ciphers []cipher.AEAD // the first seals
	now     func() time.Time
}

// newTickets seals with the first key, of 32 bytes; without any, with one of this
// process alone.
func newTickets(keys [][]byte, now func() time.Time) (*tickets, error) {
	if len(keys) == 0 {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails: it ends the program instead
		keys = [][]byte{key}
	}
	t := &tickets{now: now}
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("keys of tickets: %w", err)
		}
		sealing, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("keys of tickets: %w", err)
		}
		t.ciphers = append(t.ciphers, sealing)
	}
	return t, nil
}

// issue makes a ticket for whoever has the credential: when it expires, its hash and,
// for a certificate, one byte more.
func (t *tickets) issue(c account.Credential) (ticket string, until time.Time) {
	until = t.now().UTC().Truncate(time.Second).Add(ticketLifetime)
	plain := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	plain = append(plain, c.Hash[:]...)
	if c.Certificate {
		plain = append(plain, 1)
	}
	return base64.RawURLEncoding.EncodeToString(t.ciphers[0].Seal(nil, nil, plain, []byte(ticketUse))), until
}

// credential is whose ticket it is. account.ErrUnauthenticated when it is none of
// ours or has expired.
func (t *tickets) credential(ticket string) (c account.Credential, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil {
		return c, account.ErrUnauthenticated
	}
	for _, opening := range t.ciphers {
		plain, err := opening.Open(nil, nil, sealed, []byte(ticketUse))
		if err != nil || len(plain) < 8+len(c.Hash) {
			continue
		}
		until := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
		if t.now().After(until) {
			break
		}
		c.Certificate = copy(c.Hash[:], plain[8:]) < len(plain[8:])
		return c, nil
	}
	return c, account.ErrUnauthenticated
}

// sentTicket is the ticket that the call carries, where one is taken; "" for none.
func sentTicket(ctx context.Context) string {
	if method, _ := grpc.Method(ctx); method != orderhubv1.OrderService_WatchOrders_FullMethodName {
		return ""
	}
	return strings.TrimSpace(strings.Join(metadata.ValueFromIncomingContext(ctx, TicketHeader), ""))
}

// CreateWatchTicket is for whoever was let in, by what let the call in.
func (s *orderService) CreateWatchTicket(ctx context.Context, _ *orderhubv1.CreateWatchTicketRequest) (
	*orderhubv1.CreateWatchTicketResponse, error,
) {
	ticket, until := s.tickets.issue(callOf(ctx).credential)
	return &orderhubv1.CreateWatchTicketResponse{Ticket: ticket, ExpireTime: toAPITime(until)}, nil
}
