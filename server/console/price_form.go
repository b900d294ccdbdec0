package console

import (
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func newPriceListPage() page {
	needs := orderhubv1.PriceService_CreatePriceList_FullMethodName
	return page{
		pattern: "/catalogue/new-price-list", file: "price-list-new", needs: needs,
		show: func(*request) (any, error) { return newPriceListForm(&orderhubv1.PriceList{}), nil },
		acts: map[string]act{"create": {needs: needs, do: createPriceList}},
	}
}

// priceListForm is what a form says of a list beside its rules.
type priceListForm struct{ Description, From, Until string }

func newPriceListForm(l *orderhubv1.PriceList) priceListForm {
	return priceListForm{l.GetDescription(), inputTime(l.GetStartTime()), inputTime(l.GetEndTime())}
}

func readPriceList(r *request) (l *orderhubv1.PriceList, err error) {
	l = &orderhubv1.PriceList{Description: formLine(r, "description")}
	l.StartTime, l.EndTime, err = askedSpan(r.PostForm, "startTime", "endTime")
	return l, err
}

func createPriceList(r *request) (done, error) {
	l, err := readPriceList(r)
	if err != nil {
		return done{}, err
	}
	l.Name, l.Currency = formLine(r, "name"), strings.ToUpper(formLine(r, "currency"))
	answer, err := r.prices.CreatePriceList(r.Context(), &orderhubv1.CreatePriceListRequest{PriceList: l})
	name := answer.GetPriceList().GetName()
	return done{to: "/catalogue/prices/" + url.PathEscape(name), say: name + " is a draft: it makes no prices yet."}, err
}

// readPriceRule is what a form says of a rule, in a post or in the query of a preview.
func readPriceRule(form url.Values) *orderhubv1.PriceRule {
	line := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	return &orderhubv1.PriceRule{
		Product: line("product"), Category: line("category"),
		Base: contract.ValueOf[orderhubv1.PriceBase](line("base")), Percent: line("percent"),
		Amount: plainAmount(line("amount")), Rounding: contract.ValueOf[orderhubv1.PriceRounding](line("rounding")),
		Step: plainAmount(line("step")), Floor: plainAmount(line("floor")),
	}
}

// withRule are the rules of a list and one more, which comes last and has a number of its own.
func withRule(l *orderhubv1.PriceList, rule *orderhubv1.PriceRule) *orderhubv1.PriceList {
	rule.Number = 1
	for _, r := range l.GetRules() {
		rule.Number = max(rule.Number, r.GetNumber()+1)
	}
	return &orderhubv1.PriceList{Rules: append(slices.Clone(l.GetRules()), rule)}
}

var rulesOnly = &fieldmaskpb.FieldMask{Paths: []string{"rules"}}

func addPriceRule(r *request) (done, error) {
	return setPriceRules(r, "The rule is added.", r.PostForm.Get("accept") != "", func(l *orderhubv1.PriceList) {
		l.Rules = withRule(l, readPriceRule(r.PostForm)).GetRules()
	})
}

func removePriceRule(r *request) (done, error) {
	number, err := formNumber(r, "number")
	if err != nil {
		return done{}, err
	}
	// Prices that it made are the products' own again: nothing to be asked about.
	return setPriceRules(r, "The rule is removed.", true, func(l *orderhubv1.PriceList) {
		l.Rules = slices.DeleteFunc(l.Rules, func(rule *orderhubv1.PriceRule) bool { return rule.GetNumber() == number })
	})
}

// setPriceRules changes the rules of the list as the page had it.
func setPriceRules(r *request, say string, accept bool, change func(l *orderhubv1.PriceList)) (done, error) {
	name := r.PathValue("list")
	found, err := r.prices.GetPriceList(r.Context(), &orderhubv1.GetPriceListRequest{PriceList: name})
	if err != nil {
		return done{}, err
	}
	list := found.GetPriceList()
	if list.Version, err = formID(r, "version"); err != nil {
		return done{}, err
	}
	change(list)
	_, err = r.prices.UpdatePriceList(r.Context(), &orderhubv1.UpdatePriceListRequest{
		PriceList: name, Changes: &orderhubv1.PriceList{Rules: list.GetRules(), Version: list.GetVersion()},
		UpdateMask:     &fieldmaskpb.FieldMask{Paths: []string{"rules", "version"}},
		AcceptProblems: accept,
	})
	return done{say: say}, err
}

func changePriceList(r *request) (done, error) {
	wanted, err := readPriceList(r)
	if err != nil {
		return done{}, err
	}
	if wanted.Version, err = formID(r, "version"); err != nil {
		return done{}, err
	}
	_, err = r.prices.UpdatePriceList(r.Context(), &orderhubv1.UpdatePriceListRequest{
		PriceList: r.PathValue("list"), Changes: wanted, AcceptProblems: r.PostForm.Get("accept") != "",
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description", "start_time", "end_time", "version"}},
	})
	return done{say: "Changed."}, err
}
