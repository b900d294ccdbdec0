package console

import (
	"net/http"

	"orderhub/server/api"
)

// page is one page of the console.
type page struct {
	pattern string // below [Path], as http.ServeMux writes it
	file    string // its template, without .html
	menu    string // its word in the menu, "" for none
	needs   string // the method, or part of one, without which there is nothing to see; "" for nothing
	show    func(r *request) (data any, err error)
	acts    map[string]act // by what follows the pattern
}

// act is something that is done on a page.
type act struct {
	needs    string // as that of a page
	maxBytes int64  // of the form; 0 for [maxFormBytes]
	do       func(r *request) (done, error)
}

// done is what became of an act: a page to go to with something said there or, for what is shown once, a page of its
// own.
type done struct {
	to  string // below [Path]; "" for the act's own page
	say string // "" for nothing; never secret

	file string
	data any
}

// download is a list as a file.
type download struct {
	pattern string
	needs   string
	file    string // its name
	kind    string // its media type, "" for that of CSV
	write   func(r *request, w http.ResponseWriter) error
}

// allPages are the pages, in the order of the menu.
func allPages() []page {
	return []page{
		todayPage(),
		marginsPage(),
		ordersPage(),
		orderPage(),
		attemptsPage(),
		attemptPage(),
		purchasesPage(),
		purchasePage(),
		holdsPage(),
		holdPage(),
		claimsPage(),
		claimPage(),
		redeemPage(),
		merchantsPage(),
		merchantPage(),
		walletPage(),
		approvalsPage(),
		approvalPage(),
		webhooksPage(),
		endpointPage(),
		deliveryPage(),
		providersPage(),
		providerPage(),
		proposalsPage(),
		syncPage(),
		findingsPage(),
		findingPage(),
		cataloguePage(),
		newProductPage(),
		productPage(),
		offerPage(),
		unitsPage(),
		stockPage(),
		importsPage(),
		couponsPage(),
		newCouponPage(),
		couponPage(),
		pricesPage(),
		priceListPage(),
		newPriceListPage(),
		categoriesPage(),
		categoryPage(),
		operatorsPage(),
		operatorPage(),
		ratesPage(),
		operatorEventsPage(),
		operatorEndpointsPage(),
		operatorEndpointPage(),
		operatorDeliveryPage(),
		auditPage(),
		auditEntryPage(),
		accountPage(),
	}
}

func downloads() []download {
	return append(
		auditDownloads(),
		ordersDownload(),
		marginsDownload(),
		walletDownload(),
		statementDownload(),
	)
}

// may reports whether the operator has a role for the method, or for no method.
func (r *request) may(method string) bool {
	return method == "" || api.RolesMay(r.session.Roles, method)
}
