package accounts

// SelectOrderNumbers finds what the orders of a page of a statement are called.
var SelectOrderNumbers = selectOrderNumbers
