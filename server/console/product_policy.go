package console

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// policyOf is what holds for a product after the sale.
func policyOf(r *request, product string) (*orderhubv1.ClaimPolicy, error) {
	answer, err := r.claims.GetClaimPolicy(r.Context(), &orderhubv1.GetClaimPolicyRequest{Product: product})
	return answer.GetPolicy(), err
}

// setClaimPolicy replaces what holds after the sale, if that is still as the form had it.
func setClaimPolicy(r *request) (done, error) {
	product := r.PathValue("product")
	current, err := policyOf(r, product)
	if err != nil {
		return done{}, err
	}
	if r.PostForm.Get("seen") != seenAt(current.GetUpdateTime()) {
		return done{}, changedMeanwhile()
	}
	p := &orderhubv1.ClaimPolicy{
		AutomaticAnswer: contract.ValueOf[orderhubv1.ClaimAnswer](r.PostForm.Get("automaticAnswer")),
		TimeZone:        formLine(r, "timeZone"),
	}
	for name, number := range map[string]*int32{
		"claimWithinHours": &p.ClaimWithinHours, "answerWithinHours": &p.AnswerWithinHours,
		"automaticWithinHours": &p.AutomaticWithinHours, "automaticPerMonth": &p.AutomaticPerMonth,
	} {
		if *number, err = formNumber(r, name); err != nil {
			return done{}, err
		}
	}
	_, err = r.claims.SetClaimPolicy(r.Context(), &orderhubv1.SetClaimPolicyRequest{Product: product, Policy: p})
	return done{say: "That holds for claims from now on."}, err
}
