// Package console is the page of those who run the hub, at /console: what is going on, what is stuck, and what they may
// do about it. It calls the contract within the process as the operator who is signed in, with the checks that the API
// has, and nothing besides but package session, which says who that is. It works without script; the one there is only
// adds comfort.
//
// # How a page is made
//
// A page is a file of Go here, a template in pages/ and a line in the list of pages.go. It says
//
//   - its pattern below /console, as [net/http.ServeMux] takes it, and its word and group in the menu, if it has one;
//   - the name of the number in its pattern, if there is one: the request has it, and what is none is no page;
//   - the method of the contract without which there is nothing to see: who may not call it is told so;
//   - show, which asks the contract (the request has a client for each service, as the operator) and returns what
//     the template has as .Data. An error of the contract becomes a page by itself;
//   - its acts: what is posted to PATTERN/NAME. An act returns what to say and where to go next. When it fails, its
//     page is shown again with the contract's words, once, at the fields that they are about, and what was typed in;
//     a list whose filters are wrong is, too, where show gives the error to wrongFilter.
//
// A template defines "title" and "content". The frame gives it .May METHOD, which is whether to offer something;
// (.Field NAME LABEL OPTION…) for "field", an input with its label, hint and error, and .Filter for those of a search;
// (.Next TOKEN) for "next", the link to a list's next page; "badge", "moment" and "amount" for states, times and
// money; (empty TEXT FILLS COMMAND) for "empty", what stands in the place of a list without entries. A page with
// several forms makes each with (.Form ACT), which has Act, Failed and a Field of its own. An element with an id and
// data-live is asked for again every few seconds while somebody looks at it.
//
// Fields are named as the contract names them in JSON. What is secret is never in a URL: it is posted, and shown in the
// answer to that alone. What may not be asked for twice, such as a new key, is an act's [done] with a file of its own.
package console
