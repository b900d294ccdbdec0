package console

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func importRulesPage() page {
	changes := orderhubv1.SupplyService_SetSyncPolicy_FullMethodName
	return page{
		pattern: "/providers/{provider}/rules", file: "rules",
		needs: orderhubv1.SupplyService_GetSyncPolicy_FullMethodName, show: showImportRules,
		acts: map[string]act{
			"set":    {needs: changes, do: setImportRule},
			"move":   {needs: changes, do: moveImportRule},
			"remove": {needs: changes, do: removeImportRule},
		},
	}
}

// importRules are those of a provider, and the one that the form is about.
type importRules struct {
	Policy     *orderhubv1.SyncPolicy
	Seen       string
	Categories []choice
	Number     int                    // of the rule that the form changes, from 1; 0 for one more
	Rule       *orderhubv1.ImportRule // as the form begins
}

func showImportRules(r *request) (any, error) {
	found, err := r.supply.GetSyncPolicy(
		r.Context(), &orderhubv1.GetSyncPolicyRequest{Provider: r.PathValue("provider")},
	)
	if err != nil {
		return nil, err
	}
	v := importRules{
		Policy: found.GetPolicy(), Number: askedRule(r, found.GetPolicy()), Categories: []choice{{Label: "choose one"}},
	}
	if v.Number > 0 {
		v.Rule = v.Policy.GetRules()[v.Number-1]
	}
	if v.Seen, err = policyAsSeen(v.Policy); err != nil {
		return nil, err
	}
	categories, err := categoryChoices(r)
	v.Categories = append(v.Categories, categories...)
	return v, err
}

// askedRule is the number of the rule that the address names, 0 for none.
func askedRule(r *request, p *orderhubv1.SyncPolicy) int {
	number, err := strconv.Atoi(r.URL.Query().Get("rule"))
	if err != nil || number < 0 || number > len(p.GetRules()) {
		return 0
	}
	return number
}

// policyAsSeen tells a policy, which has no version, from one that somebody else made of it.
func policyAsSeen(p *orderhubv1.SyncPolicy) (string, error) {
	p = proto.CloneOf(p)
	p.NextTime, p.ReadTime, p.Listed = nil, nil, 0 // which no person changes
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}

// changePolicy changes how the provider's list is followed, unless somebody else did since the form was shown.
func changePolicy(r *request, say string, change func(p *orderhubv1.SyncPolicy) error) (done, error) {
	name := r.PathValue("provider")
	found, err := r.supply.GetSyncPolicy(r.Context(), &orderhubv1.GetSyncPolicyRequest{Provider: name})
	if err != nil {
		return done{}, err
	}
	p := found.GetPolicy()
	now, err := policyAsSeen(p)
	if err != nil {
		return done{}, err
	}
	if r.PostForm.Get("seen") != now {
		return done{}, changedMeanwhile()
	}
	if err := change(p); err != nil {
		return done{}, err
	}
	_, err = r.supply.SetSyncPolicy(r.Context(), &orderhubv1.SetSyncPolicyRequest{Provider: name, Policy: p})
	return done{say: say}, err
}

func setImportRule(r *request) (done, error) {
	rule := &orderhubv1.ImportRule{
		MatchCategory: formLine(r, "matchCategory"), MatchName: formLine(r, "matchName"),
		Currency: strings.ToUpper(formLine(r, "currency")), Terms: readTerms(r),
	}
	return changePolicy(r, "The rule is set.", func(p *orderhubv1.SyncPolicy) error {
		if number := askedRule(r, p); number > 0 {
			p.Rules[number-1] = rule
		} else {
			p.Rules = append(p.Rules, rule)
		}
		return nil
	})
}

// readTerms is as what a form has items imported.
func readTerms(r *request) *orderhubv1.ImportTerms {
	return &orderhubv1.ImportTerms{
		Category: r.PostForm.Get("category"), MarkupPercent: formLine(r, "markupPercent"),
		RoundUpTo: formAmount(r, "roundUpTo"), SkuPrefix: formLine(r, "skuPrefix"), Dated: r.PostForm.Has("dated"),
		Currency: strings.ToUpper(formLine(r, saleCurrency)),
	}
}

// moveImportRule has a rule and the one before it change places.
func moveImportRule(r *request) (done, error) {
	return changePolicy(r, "Moved.", func(p *orderhubv1.SyncPolicy) error {
		at, err := rulePlace(r, p, 1)
		if err == nil {
			p.Rules[at-1], p.Rules[at] = p.Rules[at], p.Rules[at-1]
		}
		return err
	})
}

func removeImportRule(r *request) (done, error) {
	return changePolicy(r, "The rule is removed.", func(p *orderhubv1.SyncPolicy) error {
		at, err := rulePlace(r, p, 0)
		if err == nil {
			p.Rules = append(p.Rules[:at], p.Rules[at+1:]...)
		}
		return err
	})
}

// rulePlace is where the rule is that a button is about, from 0 and not before the first that is meant.
func rulePlace(r *request, p *orderhubv1.SyncPolicy, first int) (int, error) {
	number, err := formNumber(r, "number")
	at := int(number) - 1
	if err == nil && (at < first || at >= len(p.GetRules())) {
		err = &fieldError{"number", "This is no number of one."}
	}
	return at, err
}
