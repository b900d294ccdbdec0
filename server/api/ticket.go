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
	"orderhub/server/secret"
)

// TicketHeader is the metadata that a ticket comes in; over REST it is in the
// query, and the gateway moves it here.
const TicketHeader = "x-watch-ticket"

const (
	// ticketLifetime is how long a ticket opens streams: it may end up in a log.
	ticketLifetime = time.Minute
	keyHashLength  = 32
	ticketLength   = 8 + keyHashLength // expiry, hash of the key that asked for it
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

// issue makes a ticket for whoever has the key.
func (t *tickets) issue(keyHash [keyHashLength]byte) (ticket string, until time.Time) {
	until = t.now().UTC().Truncate(time.Second).Add(ticketLifetime)
	plain := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	plain = append(plain, keyHash[:]...)
	return base64.RawURLEncoding.EncodeToString(t.ciphers[0].Seal(nil, nil, plain, []byte(ticketUse))), until
}

// keyHash is whose ticket it is. account.ErrUnauthenticated when it is none of
// ours or has expired.
func (t *tickets) keyHash(ticket string) (hash [keyHashLength]byte, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil {
		return hash, account.ErrUnauthenticated
	}
	for _, opening := range t.ciphers {
		plain, err := opening.Open(nil, nil, sealed, []byte(ticketUse))
		if err != nil || len(plain) != ticketLength {
			continue
		}
		until := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
		if t.now().After(until) {
			break
		}
		return [keyHashLength]byte(plain[8:]), nil
	}
	return hash, account.ErrUnauthenticated
}

// takeTicket lets the call in by the ticket that it carries instead of a key. A
// ticket of another key than the one beside it leaves open who is meant; one that
// is nobody's changes nothing there.
func (g *guard) takeTicket(ctx context.Context) error {
	ticket := sentTicket(ctx)
	if ticket == "" {
		return nil
	}
	hash, err := g.tickets.keyHash(ticket)
	keys := sentKeys(ctx)
	switch {
	case len(keys) == 0 && err == nil:
		callOf(ctx).ticketOf = &hash
		return nil
	case len(keys) == 0:
		return err
	case err == nil && hash != secret.HashAPIKey(keys[0]):
		return account.ErrSeveralKeys
	default:
		return nil
	}
}

// sentTicket is the ticket that the call carries, where one is taken; "" for none.
func sentTicket(ctx context.Context) string {
	if method, _ := grpc.Method(ctx); method != orderhubv1.OrderService_WatchOrders_FullMethodName {
		return ""
	}
	return strings.TrimSpace(strings.Join(metadata.ValueFromIncomingContext(ctx, TicketHeader), ""))
}

// CreateWatchTicket is for who was let in with a key: one at least was sent.
func (s *orderService) CreateWatchTicket(ctx context.Context, _ *orderhubv1.CreateWatchTicketRequest) (
	*orderhubv1.CreateWatchTicketResponse, error,
) {
	ticket, until := s.tickets.issue(secret.HashAPIKey(sentKeys(ctx)[0]))
	return &orderhubv1.CreateWatchTicketResponse{Ticket: ticket, ExpireTime: toAPITime(until)}, nil
}
