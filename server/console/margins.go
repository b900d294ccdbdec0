package console

import (
	"slices"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func marginsPage() page {
	return page{
		pattern: "/margins", file: "margins", group: "Orders", menu: "Margins",
		needs: orderhubv1.ReportService_GetMargins_FullMethodName, show: showMargins,
	}
}

// marginsDownload are the rows of the page as a file.
func marginsDownload() download {
	return download{
		pattern: "/margins.csv", file: "margins.csv", needs: orderhubv1.ReportService_GetMargins_FullMethodName,
		write: func(r *request, w *fileWriter) error {
			return contract.WriteMargins(w, contract.Each(
				r.Context(), r.reports.GetMargins, marginFilter(r), (*orderhubv1.GetMarginsResponse).GetMargins, 0,
			))
		},
	}
}

// marginFilter is what the query of the page asks for: by day where it does not say.
func marginFilter(r *request) *orderhubv1.GetMarginsRequest {
	query := r.URL.Query()
	filter := &orderhubv1.GetMarginsRequest{
		FromDate: query.Get("fromDate"), ToDate: query.Get("toDate"), Product: query.Get("product"),
		Provider: query.Get("provider"), Merchant: query.Get("merchant"),
	}
	for _, by := range []string{query.Get("by"), query.Get("then")} {
		group := contract.ValueOf[orderhubv1.MarginGroup](by)
		if group != orderhubv1.MarginGroup_MARGIN_GROUP_UNSPECIFIED &&
			(len(filter.GroupBy) == 0 || filter.GroupBy[0] != group) {
			filter.GroupBy = append(filter.GroupBy, group)
		}
	}
	if len(filter.GroupBy) == 0 {
		filter.GroupBy = []orderhubv1.MarginGroup{orderhubv1.MarginGroup_MARGIN_GROUP_DAY}
	}
	return filter
}

// marginList is what the page of margins shows.
type marginList struct {
	*orderhubv1.GetMarginsResponse

	Filtered bool
	groups   []orderhubv1.MarginGroup
}

// By reports whether there is a row for each day, product, provider or merchant.
func (l marginList) By(group string) bool {
	return slices.Contains(l.groups, contract.ValueOf[orderhubv1.MarginGroup](group))
}

// Columns is how many say what a row is about.
func (l marginList) Columns() int { return len(l.groups) }

func showMargins(r *request) (any, error) {
	query := r.URL.Query()
	filter := marginFilter(r)
	filter.PageSize, filter.PageToken = listSize, query.Get("page")
	answer, err := r.reports.GetMargins(r.Context(), filter)
	return marginList{
		answer, filtered(query, "fromDate", "toDate", "by", "then", "product", "provider", "merchant"),
		filter.GetGroupBy(),
	}, r.wrongFilter(err)
}
