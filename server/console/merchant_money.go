package console

import (
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// needsReference is said where money would move without a reference. The contract does without, but a form is easily
// sent twice.
var needsReference = &fieldError{"reference", "Give one, so that nothing is booked twice."}

// moving is the reference of a form that moves money, and the number of the last transfer before it.
func moving(r *request) (reference string, last int64, err error) {
	if reference = formLine(r, "reference"); reference == "" {
		return "", 0, needsReference
	}
	last, err = lastTransfer(r)
	return reference, last, err
}

func deposit(r *request) (done, error) {
	reference, last, err := moving(r)
	if err != nil {
		return done{}, err
	}
	answer, err := r.admin.Deposit(r.Context(), &orderhubv1.DepositRequest{
		Merchant: r.PathValue("merchant"), Amount: formAmount(r, "amount"), Reference: reference,
		Description: formLine(r, "description"),
	})
	if err != nil {
		return done{}, err
	}
	return booked(last, answer.GetTransfer(), answer.GetApproval()), nil
}

func correct(r *request) (done, error) {
	reference, last, err := moving(r)
	if err != nil {
		return done{}, err
	}
	answer, err := r.admin.AdjustWallet(r.Context(), &orderhubv1.AdjustWalletRequest{
		Merchant: r.PathValue("merchant"), Amount: formAmount(r, "amount"), Reference: reference,
		Reason: formLine(r, "reason"), Force: r.PostForm.Has("force"),
	})
	if err != nil {
		return done{}, tooLittle(r, err)
	}
	return booked(last, answer.GetTransfer(), answer.GetApproval()), nil
}

// tooLittle says what a wallet lacks as the console writes amounts; another error is as it was.
func tooLittle(r *request, err error) error {
	s, _ := status.FromError(err)
	for _, detail := range s.Details() {
		info, _ := detail.(*errdetails.ErrorInfo)
		if missing := info.GetMetadata()["missing_amount"]; missing != "" {
			p, lacks := r.explain(err), amountOf(missing, info.GetMetadata()["currency"])
			p.Text = fmt.Sprintf("There is too little in the wallet: %s %s is missing.", lacks.Text, lacks.Currency)
			return p
		}
	}
	return err
}

// lastTransfer is the number of the last transfer of the page's merchant, 0 for none.
func lastTransfer(r *request) (int64, error) {
	answer, err := r.accounts.ListTransfers(r.Context(), &orderhubv1.ListTransfersRequest{
		Merchant: r.PathValue("merchant"), PageSize: 1,
	})
	if err != nil || len(answer.GetTransfers()) == 0 {
		return 0, err
	}
	return answer.GetTransfers()[0].GetId(), nil
}

// booked says what became of a movement that was asked for when the last transfer was this one. What is no newer was
// booked before under the same reference, and the balance after it is an old one.
func booked(last int64, t *orderhubv1.Transfer, a *orderhubv1.Approval) done {
	if a != nil {
		return waits(a)
	}
	moved, after := amountOf(t.GetAmount(), t.GetCurrency()), amountOf(t.GetBalanceAfter(), t.GetCurrency())
	if t.GetId() <= last {
		return done{say: fmt.Sprintf(
			"Already booked at %s UTC as transfer %d: %s %s. Nothing was booked now.",
			momentOf(t.GetCreateTime()).Short, t.GetId(), moved.Text, moved.Currency,
		)}
	}
	return done{say: fmt.Sprintf(
		"Booked as transfer %d: %s %s. The balance after it is %s %s.",
		t.GetId(), moved.Text, moved.Currency, after.Text, after.Currency,
	)}
}

// waits says that somebody else has to approve something first; the page of the merchant has the link. What was asked
// for before, under the same reference, is shown by itself.
func waits(a *orderhubv1.Approval) done {
	if a.GetStatus() == orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING {
		return done{say: fmt.Sprintf(
			"Nothing has changed yet: this waits for a second operator as request %d, below.", a.GetId(),
		)}
	}
	return done{to: approvalPath(a.GetId()), say: fmt.Sprintf(
		"Nothing was done: the same was asked for before, and is %s. To ask again, take another reference.",
		word(a.GetStatus()),
	)}
}

func setCreditLimit(r *request) (done, error) {
	limit := formAmount(r, "creditLimit")
	if limit == "" {
		return done{}, &fieldError{"creditLimit", "Say how far below zero; 0 for not at all."}
	}
	answer, err := changeMerchant(r, &orderhubv1.Merchant{CreditLimit: limit}, "credit_limit")
	if err != nil {
		return done{}, err
	}
	if a := answer.GetCreditLimitApproval(); a != nil {
		return waits(a), nil
	}
	now := amountOf(answer.GetCreditLimit(), answer.GetCurrency())
	return done{say: "The credit limit is " + now.Text + " " + now.Currency + "."}, nil
}

func setLowBalance(r *request) (done, error) {
	answer, err := changeMerchant(r, &orderhubv1.Merchant{LowBalance: formAmount(r, "lowBalance")}, "low_balance")
	if err != nil {
		return done{}, err
	}
	if answer.GetLowBalance() == "" {
		return done{say: "The merchant is not told of low balances any more."}, nil
	}
	now := amountOf(answer.GetLowBalance(), answer.GetCurrency())
	return done{say: "The merchant is told of a balance below " + now.Text + " " + now.Currency + "."}, nil
}

func changeMerchant(r *request, changes *orderhubv1.Merchant, paths ...string) (*orderhubv1.Merchant, error) {
	answer, err := r.admin.UpdateMerchant(r.Context(), &orderhubv1.UpdateMerchantRequest{
		Merchant: r.PathValue("merchant"), Changes: changes, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
	return answer.GetMerchant(), err
}
