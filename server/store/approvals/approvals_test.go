package approvals_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

var (
	ada   = audit.Actor{Kind: audit.KindOperator, ID: 1, Name: "ada", KeyID: 11}
	grace = audit.Actor{Kind: audit.KindOperator, ID: 2, Name: "grace", KeyID: 21}
)

// desk is where wishes above THB 1,000 wait for an hour, by a clock that the test sets.
type desk struct {
	*approval.Service
	t        *testing.T
	store    *stores.All
	accounts *account.Service
	ahead    *atomic.Int64 // of the clock
	shop     account.Merchant
}

// runDesk runs body on every database, over two stores of it.
func runDesk(t *testing.T, body func(t *testing.T, d, other *desk)) {
	t.Helper()
	storetest.RunURL(t, func(t *testing.T, url string) {
		var ahead atomic.Int64
		d, other := newDesk(t, url, &ahead), newDesk(t, url, &ahead)
		var err error
		d.shop, err = d.accounts.CreateMerchant(t.Context(), account.NewMerchant{Name: "shop", Currency: storetest.THB})
		require.NoError(t, err)
		other.shop = d.shop
		body(t, d, other)
		storetest.RequireClean(t, d.store)
	})
}

func newDesk(t *testing.T, url string, ahead *atomic.Int64) *desk {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{
		URL: url, Sealer: storetest.Sealer(),
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	limits, err := approval.ParseLimits([]string{"1000"})
	require.NoError(t, err)
	accounts := account.NewService(s.Accounts, s.Guesses)
	return &desk{
		approval.NewService(s.Approvals, accounts, limits, time.Hour), t, s, accounts, ahead,
		account.Merchant{},
	}
}

func (d *desk) deposit(baht int64, reference string) (approval.Done, error) {
	return d.Deposit(d.t.Context(), ada, account.Deposit{
		MerchantID: d.shop.ID, Amount: storetest.Baht(baht), Currency: storetest.THB, Reference: reference,
		Description: "bank transfer",
	})
}

func (d *desk) adjust(baht int64, reference string) (approval.Done, error) {
	return d.Adjust(d.t.Context(), ada, account.Adjustment{
		MerchantID: d.shop.ID, Amount: storetest.Baht(baht), Currency: storetest.THB, Reference: reference,
		Reason: "booked twice",
	})
}

// asked is a deposit that waits.
func (d *desk) asked(baht int64, reference string) approval.Request {
	d.t.Helper()
	done, err := d.deposit(baht, reference)
	require.NoError(d.t, err)
	require.Nil(d.t, done.Transfer)
	require.Equal(d.t, approval.Pending, done.Request.Status)
	return *done.Request
}

func (d *desk) decide(r approval.Request, verdict approval.Status, by audit.Actor) (approval.Request, error) {
	return d.Decide(context.Background(), r.ID, approval.Decision{Verdict: verdict, By: by, Note: "because"})
}

// requireWallet checks balance and number of transfers.
func (d *desk) requireWallet(baht int64, transfers int) {
	d.t.Helper()
	m, err := d.accounts.FindMerchant(d.t.Context(), "shop")
	require.NoError(d.t, err)
	require.Equal(d.t, storetest.Baht(baht), m.Wallet.Balance)
	listed, err := d.accounts.ListTransfers(d.t.Context(), d.shop.ID, account.TransferFilter{})
	require.NoError(d.t, err)
	require.Len(d.t, listed, transfers)
}

func TestDepositWaits(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		done, err := d.deposit(1000, "small")
		require.NoError(t, err)
		require.Nil(t, done.Request, "what is not above the limit does not wait")
		first := d.asked(5000, "big")
		require.Equal(t, approval.Wish{
			Kind: approval.Deposit, MerchantID: d.shop.ID, Currency: storetest.THB, Amount: storetest.Baht(5000),
			Reference: "big", Reason: "bank transfer",
		}, first.Wish)
		require.Equal(t, []any{ada, time.Hour}, []any{first.AskedBy, first.ExpiresAt.Sub(first.AskedAt)})
		d.requireWallet(1000, 1)
		kept, err := d.Request(t.Context(), first.ID)
		require.NoError(t, err)
		require.Equal(t, first, kept)
		require.Equal(t, first, d.asked(5000, "big"), "it is asked for once")
		require.NotEqual(t, first.ID, d.asked(5000, "").ID, "without a reference nothing is a repetition")

		for _, other := range []func() (approval.Done, error){
			func() (approval.Done, error) { return d.deposit(5001, "big") },
			func() (approval.Done, error) { return d.deposit(5, "big") },
			func() (approval.Done, error) { return d.adjust(5000, "big") },
			func() (approval.Done, error) { return d.adjust(5, "big") },
		} {
			_, err := other()
			require.ErrorIs(t, err, account.ErrReferenceReused)
		}
		_, _, err = d.accounts.Deposit(t.Context(), account.Deposit{
			MerchantID: d.shop.ID, Amount: storetest.Baht(5000), Currency: storetest.THB, Reference: "big",
		})
		var requested *account.RequestedError
		require.ErrorAs(t, err, &requested, "nor is there a way around it with the reference")
		require.Equal(t, first.ID, requested.Request)
		d.requireWallet(1000, 1)

		approved, err := d.decide(first, approval.Approved, grace)
		require.NoError(t, err)
		require.Equal(t, []any{approval.Approved, grace}, []any{approved.Status, approved.DecidedBy})
		d.requireWallet(6000, 2)
		again, err := d.decide(first, approval.Approved, grace)
		require.NoError(t, err)
		require.Equal(t, approved, again)
		done, err = d.deposit(5000, "big")
		require.NoError(t, err)
		require.Nil(t, done.Request)
		require.Equal(t, approved.TransferID, done.Transfer.ID)
		d.requireWallet(6000, 2)
	})
}

// What was not approved is answered with what became of it, for ever.
func TestReferencesOfWhatWasNotApproved(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		for verdict, by := range map[approval.Status]audit.Actor{approval.Rejected: grace, approval.Withdrawn: ada} {
			r := d.asked(2000, string(verdict))
			decided, err := d.decide(r, verdict, by)
			require.NoError(t, err)
			require.Equal(t, []any{verdict, "because", int64(0)}, []any{
				decided.Status, decided.Note,
				decided.TransferID,
			})
			done, err := d.deposit(2000, string(verdict))
			require.NoError(t, err)
			require.Equal(t, decided, *done.Request)
			_, err = d.deposit(2001, string(verdict))
			require.ErrorIs(t, err, account.ErrReferenceReused)
		}
		late := d.asked(2000, "late")
		d.ahead.Add(int64(time.Hour))
		done, err := d.deposit(2000, "late")
		require.NoError(t, err)
		require.Equal(t, approval.Expired, done.Request.Status)
		var settled *approval.SettledError
		for verdict, by := range map[approval.Status]audit.Actor{
			approval.Approved: grace, approval.Rejected: grace, approval.Withdrawn: ada,
		} {
			_, err = d.decide(late, verdict, by)
			require.ErrorAs(t, err, &settled)
			require.Equal(t, approval.Expired, settled.Status)
		}
		d.requireWallet(0, 0)
		_, err = d.decide(approval.Request{ID: 4711}, approval.Approved, grace)
		require.ErrorIs(t, err, approval.ErrNotFound)

		pending := d.asked(2000, "new")
		for status, want := range map[approval.Status][]int64{
			approval.Pending: {pending.ID}, approval.Expired: {late.ID}, approval.Approved: nil,
			"": {pending.ID, late.ID, late.ID - 1, late.ID - 2},
		} {
			listed, err := d.Requests(t.Context(), approval.Filter{Status: status, Limit: 10})
			require.NoError(t, err)
			require.Equal(t, want, ids(listed), status)
		}
		page, err := d.Requests(t.Context(), approval.Filter{MerchantID: d.shop.ID, BeforeID: late.ID, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, []int64{late.ID - 1}, ids(page))
		page, err = d.Requests(t.Context(), approval.Filter{MerchantID: 4711, Limit: 1})
		require.NoError(t, err)
		require.Empty(t, page)
	})
}

func ids(requests []approval.Request) (all []int64) {
	for _, r := range requests {
		all = append(all, r.ID)
	}
	return all
}

// another is an operator who asked for nothing.
func another(i int) audit.Actor {
	return audit.Actor{Kind: audit.KindOperator, ID: int64(100 + i), Name: fmt.Sprint("operator-", i)}
}

// Of many who decide at once, over several processes, one does.
func TestDecidingAtOnce(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, other *desk) {
		const n = 12
		desks := []*desk{d, other}
		balance, transfers := int64(0), 0
		for _, reference := range []string{"", "ref"} {
			r := d.asked(3000, reference)
			decided, refused := storetest.Together(n, func(i int) error {
				verdict, by := approval.Approved, another(i)
				switch i % 4 {
				case 2:
					verdict = approval.Rejected
				case 3:
					verdict, by = approval.Withdrawn, ada
				}
				_, err := desks[i%2].decide(r, verdict, by)
				return err
			})
			for _, err := range refused {
				var settled *approval.SettledError
				require.ErrorAs(t, err, &settled)
			}
			after, err := d.Request(t.Context(), r.ID)
			require.NoError(t, err)
			if after.Status != approval.Withdrawn { // which who asked may do again
				require.Equal(t, 1, decided)
			}
			if after.Status == approval.Approved {
				balance, transfers = balance+3000, transfers+1
			}
			d.requireWallet(balance, transfers)
		}
		r := d.asked(4000, "approved")
		approved, refused := storetest.Together(n, func(i int) error {
			_, err := desks[i%2].decide(r, approval.Approved, another(i))
			return err
		})
		require.Equal(t, 1, approved)
		require.Len(t, refused, n-1)
		d.requireWallet(balance+4000, transfers+1)
		r = d.asked(4000, "by one")
		approved, _ = storetest.Together(n, func(i int) error {
			_, err := desks[i%2].decide(r, approval.Approved, grace)
			return err
		})
		require.Equal(t, n, approved, "who repeats it is answered as the first time")
		d.requireWallet(balance+8000, transfers+2)
	})
}

// Asking at once with one reference is asking once.
func TestAskingAtOnce(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, other *desk) {
		desks := []*desk{d, other}
		asked, refused := storetest.Together(10, func(i int) error {
			_, err := desks[i%2].deposit(2000, "one")
			return err
		})
		require.Equal(t, 10, asked, "%v", refused)
		listed, err := d.Requests(t.Context(), approval.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 1)
	})
}

func TestAdjustmentWaits(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		var below *account.BelowLimitError
		_, err := d.adjust(-1001, "")
		require.ErrorAs(t, err, &below, "what is refused now is not asked for")
		_, _, err = d.accounts.Deposit(t.Context(), account.Deposit{
			MerchantID: d.shop.ID, Amount: storetest.Baht(5000), Currency: storetest.THB,
		})
		require.NoError(t, err)
		done, err := d.adjust(-4000, "down")
		require.NoError(t, err)
		down := *done.Request
		require.Equal(t, approval.Adjustment, down.Kind)
		_, err = d.adjust(-999, "")
		require.NoError(t, err)
		_, err = d.adjust(-999, "")
		require.NoError(t, err)
		d.requireWallet(3002, 3)
		_, err = d.decide(down, approval.Approved, grace)
		require.ErrorAs(t, err, &below, "the wallet is judged as it is when it is done")
		d.requireWallet(3002, 3)
		_, err = d.adjust(998, "")
		require.NoError(t, err)
		approved, err := d.decide(down, approval.Approved, grace)
		require.NoError(t, err)
		d.requireWallet(0, 5)
		again, err := d.adjust(-4000, "down")
		require.NoError(t, err)
		require.Equal(t, approved.TransferID, again.Transfer.ID)
	})
}

// A database that fails in the middle leaves nothing done by half.
func TestNothingIsDoneByHalf(t *testing.T) {
	t.Parallel()
	runDesk(t, func(t *testing.T, d, _ *desk) {
		r := d.asked(2000, "half")
		for _, broken := range []struct{ table, change, sqlite, postgres string }{
			{"transfers", "INSERT", "NEW.amount_micros > 0", "amount_micros <= 0"},
			{"approval_requests", "UPDATE", "NEW.status = 'approved'", "status <> 'approved'"},
		} {
			exec := func(text string) {
				_, err := d.store.WriteDB.ExecContext(t.Context(), text)
				require.NoError(t, err)
			}
			mend := "ALTER TABLE " + broken.table + " DROP CONSTRAINT refuses"
			if d.store.SQLite() != nil {
				exec("CREATE TRIGGER refuses BEFORE " + broken.change + " ON " + broken.table + " WHEN " +
					broken.sqlite +
					" BEGIN SELECT RAISE(ABORT, 'refused'); END")
				mend = "DROP TRIGGER refuses"
			} else {
				exec("ALTER TABLE " + broken.table + " ADD CONSTRAINT refuses CHECK (" + broken.postgres +
					") NOT VALID")
			}
			_, err := d.decide(r, approval.Approved, grace)
			require.Error(t, err)
			exec(mend)
			d.requireWallet(0, 0)
			after, err := d.Request(t.Context(), r.ID)
			require.NoError(t, err)
			require.Equal(t, r, after)
		}
		_, err := d.decide(r, approval.Approved, grace)
		require.NoError(t, err)
		d.requireWallet(2000, 1)
	})
}
