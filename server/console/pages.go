package console

import "orderhub/server/api"

type page struct {
	pattern string // below [Path], as http.ServeMux writes it
	file    string // its template, without .html
	number  string // the part of the pattern that numbers what it shows, "" for none; no other text is a page
	group   string // the word of its part of the menu, "" for none
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
	page    *page  // where it is said what is wrong with the filters; nil for a page of its own
	write   func(r *request, w *fileWriter) error
}

// allPages are the pages, in the order of the menu. It has so many parts that they have room on one line.
func allPages() []page {
	return []page{
		todayPage(),
		ordersPage(),
		orderPage(),
		holdsPage(),
		holdPage(),
		attemptsPage(),
		attemptPage(),
		purchasesPage(),
		purchasePage(),
		claimsPage(),
		claimPage(),
		redeemPage(),
		quotePage(),
		marginsPage(),
		merchantsPage(),
		merchantPage(),
		walletPage(),
		approvalsPage(),
		approvalPage(),
		webhooksPage(),
		endpointPage(),
		deliveryPage(),
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
		providersPage(),
		providerPage(),
		importRulesPage(),
		proposalsPage(),
		syncsPage(),
		syncPage(),
		findingsPage(),
		findingPage(),
		ratesPage(),
		operatorsPage(),
		operatorPage(),
		operatorEventsPage(),
		operatorEndpointsPage(),
		operatorEndpointPage(),
		operatorDeliveryPage(),
		auditPage(),
		auditEntryPage(),
		exportsPage(),
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
		exportDownload(),
	)
}

// may reports whether the operator has a role for the method, or for no method.
func (r *request) may(method string) bool {
	return method == "" || api.RolesMay(r.session.Roles, method)
}
