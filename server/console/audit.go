package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/contract"
)

func auditPage() page {
	return page{
		pattern: "/audit", file: "audit", group: "Hub", menu: "Audit",
		needs: orderhubv1.OperatorService_ListAuditEntries_FullMethodName, show: showAudit,
	}
}

func auditEntryPage() page {
	return page{
		pattern: "/audit/{entry}", file: "audit-entry", number: "entry",
		needs: orderhubv1.OperatorService_GetAuditEntry_FullMethodName, show: showAuditEntry,
	}
}

// auditDownloads are the record as a file, with the filters of the page.
func auditDownloads() []download {
	needs := orderhubv1.OperatorService_ListAuditEntries_FullMethodName
	return []download{
		{pattern: "/audit.csv", file: "audit.csv", needs: needs, write: func(r *request, w *fileWriter) error {
			filter, err := auditFilter(r)
			if err != nil {
				return err
			}
			return contract.WriteEntries(w, auditEntries(r, filter))
		}},
		{
			pattern: "/audit.jsonl", file: "audit.jsonl", kind: "application/jsonl", needs: needs,
			write: func(r *request, w *fileWriter) error {
				filter, err := auditFilter(r)
				if err != nil {
					return err
				}
				return contract.WriteMessages(w, auditEntries(r, filter))
			},
		},
	}
}

func auditEntries(r *request, filter *orderhubv1.ListAuditEntriesRequest) iter.Seq2[*orderhubv1.AuditEntry, error] {
	return contract.Each(
		r.Context(), r.operators.ListAuditEntries, filter, (*orderhubv1.ListAuditEntriesResponse).GetEntries, 0,
	)
}

// auditFilter is what the query of the page asks for.
func auditFilter(r *request) (*orderhubv1.ListAuditEntriesRequest, error) {
	query := r.URL.Query()
	filter := &orderhubv1.ListAuditEntriesRequest{
		Actor: query.Get("actor"), Method: query.Get("method"), TargetKind: query.Get("targetKind"),
		Target: query.Get("target"),
	}
	filter.Method = pageMethods(filter.GetMethod())
	var err error
	if filter.Act, err = askedNumber(query, "act"); err != nil {
		return nil, err
	}
	filter.TimeFrom, filter.TimeTo, err = askedSpan(query, "from", "to")
	return filter, err
}

// askedNumber is a number of something in a query; 0 for none.
func askedNumber(query url.Values, name string) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, &fieldError{name, "This is not a number such as 17."}
	}
	return n, nil
}

// auditList is what the page of the record shows.
type auditList struct {
	Entries  []auditRow
	Next     string
	Filtered bool
	Done     []string // what is done, to choose from: methods, commands and pages
}

// auditRow is an entry in the list. An act that calls several methods, or takes several transactions, has an entry of
// each.
type auditRow struct {
	*orderhubv1.AuditEntry

	SameAct int64 // an entry of it above in the list; 0 for none
}

func auditRows(entries []*orderhubv1.AuditEntry) []auditRow {
	type act struct{ id, actor string }
	rows, last := make([]auditRow, len(entries)), make(map[act]int64)
	for i, e := range entries {
		rows[i].AuditEntry = e
		if e.GetRequestId() == "" {
			continue
		}
		of := act{e.GetRequestId(), e.GetActor()}
		rows[i].SameAct, last[of] = last[of], e.GetId()
	}
	return rows
}

// pagePrefix is before the name of a page in the filter of what was done.
const pagePrefix = "page "

// pageMethods puts what is done on a page in the place of its name.
func pageMethods(text string) string {
	name, is := strings.CutPrefix(text, pagePrefix)
	if methods := methodsByPage()[name]; is && len(methods) > 0 {
		return strings.Join(methods, ",")
	}
	return text
}

// methodsByPage are the methods that are called by what is done on pages, by what the menu calls the pages.
func methodsByPage() map[string][]string {
	recorded, methods := api.RecordedMethods(), make(map[string][]string)
	menus := make(map[string]string) // by the first part of a path
	for _, p := range allPages() {
		if p.menu != "" {
			menus[firstPart(p.pattern)] = p.menu
		}
	}
	for _, p := range allPages() {
		name := cmp.Or(menus[firstPart(p.pattern)], p.file)
		for _, a := range p.acts {
			for _, method := range recorded {
				if strings.HasSuffix(a.needs, "."+strings.Replace(method, ".", "/", 1)) &&
					!slices.Contains(methods[name], method) {
					methods[name] = append(methods[name], method)
				}
			}
		}
	}
	for _, m := range methods {
		slices.Sort(m)
	}
	return methods
}

// firstPart is "/orders" of "/orders/{order}".
func firstPart(pattern string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
	return first
}

// recordedDone is what may be chosen as what was done.
func recordedDone() []string {
	pages := slices.Sorted(maps.Keys(methodsByPage()))
	for i := range pages {
		pages[i] = pagePrefix + pages[i]
	}
	return slices.Concat(api.RecordedMethods(), api.RecordedCommands(), pages)
}

func showAudit(r *request) (any, error) {
	filter, err := auditFilter(r)
	if err != nil {
		return auditList{Filtered: true, Done: recordedDone()}, r.wrongFilter(err)
	}
	query := r.URL.Query()
	filter.PageSize, filter.PageToken = listSize, query.Get("page")
	answer, err := r.operators.ListAuditEntries(r.Context(), filter)
	query.Del("page")
	return auditList{
		auditRows(answer.GetEntries()), answer.GetNextPageToken(), len(query) > 0, recordedDone(),
	}, r.wrongFilter(err)
}

// auditView is one entry of the record.
type auditView struct {
	Entry   *orderhubv1.AuditEntry
	Request string // as people read it
	Changes []auditChange
	At      string // the page of what it was done to, "" for none
	Same    string // the query for what else was done to it
}

// auditChange is what a field was and has become.
type auditChange struct{ Field, Before, After string }

func showAuditEntry(r *request) (any, error) {
	answer, err := r.operators.GetAuditEntry(r.Context(), &orderhubv1.GetAuditEntryRequest{Entry: r.number})
	if err != nil {
		return nil, err
	}
	e := answer.GetEntry()
	v := auditView{Entry: e, Request: indented(e.GetRequest()), At: pathOfTarget(e.GetTargetKind(), e.GetTarget())}
	if e.GetTarget() != "" {
		v.Same = "?" + url.Values{"targetKind": {e.GetTargetKind()}, "target": {e.GetTarget()}}.Encode()
	}
	v.Changes, err = changesOf(e)
	return v, err
}

// indented is a text in JSON for people.
func indented(text string) string {
	var value any
	from := json.NewDecoder(strings.NewReader(text))
	from.UseNumber()
	if from.Decode(&value) != nil {
		return text
	}
	var out strings.Builder
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false) // the template does that
	to.SetIndent("", "  ")
	if to.Encode(value) != nil {
		return text
	}
	return strings.TrimSpace(out.String())
}

// changesOf sets what an entry has of before and after side by side.
func changesOf(e *orderhubv1.AuditEntry) ([]auditChange, error) {
	before, after := make(map[string]json.RawMessage), make(map[string]json.RawMessage)
	for text, into := range map[string]*map[string]json.RawMessage{e.GetBefore(): &before, e.GetAfter(): &after} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return nil, fmt.Errorf("entry %d of the record: %w", e.GetId(), err)
		}
	}
	fields := maps.Clone(before)
	maps.Copy(fields, after)
	changes := make([]auditChange, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		changes = append(changes, auditChange{name, plainJSON(before[name]), plainJSON(after[name])})
	}
	return changes, nil
}

// plainJSON is a value in JSON, a text without its quotes.
func plainJSON(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return indented(string(value))
}

// pathOfTarget is the page of what an entry is about, where there is one.
func pathOfTarget(kind, name string) string {
	if name == "" {
		return ""
	}
	folder, found := map[string]string{
		"order": "/orders/", "attempt": "/attempts/", "product": "/catalogue/products/",
		"coupon": "/catalogue/coupons/", "operator": "/operators/", "provider": "/providers/",
	}[kind]
	if !found {
		return ""
	}
	return Path + folder + url.PathEscape(name)
}
