package config

// ConnectionsWithin is for tests.
var ConnectionsWithin = connectionsWithin
